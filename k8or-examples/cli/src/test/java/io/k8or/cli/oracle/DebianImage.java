package io.k8or.cli.oracle;

import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A Debian image with services: the essential packages, then nginx, redis, Python and a Java
 * runtime, then an application's own layer, which removes, replaces and adds. Made once and kept
 * below {@code target/oracle/cache}.
 */
final class DebianImage {
  /** The reference of the image in its layout. */
  static final String REFERENCE = "latest";

  /** Asks redis, nginx, Python and Java inside a container. */
  static final String QUESTION =
      """
      set -euo pipefail
      exec 3<>/dev/tcp/127.0.0.1/6379
      printf 'PING\\r\\n' >&3
      head -n 1 <&3
      exec 3<>/dev/tcp/127.0.0.1/80
      printf 'GET / HTTP/1.0\\r\\nHost: app\\r\\n\\r\\n' >&3
      cat <&3
      python3 -c 'print("python", 6 * 7)'
      java -version 2>&1
      """;

  private static final String MAKE =
      """
      work=$1
      for try in 1 2 3; do
        mmdebstrap --quiet --variant=minbase \
          --include=nginx-light,redis-server,python3-minimal,default-jre-headless \
          --aptopt='APT::Install-Recommends "false"' \
          --essential-hook='tar --one-file-system --exclude=./proc/* --exclude=./sys/* \
            --exclude=./dev/* --numeric-owner --xattrs --xattrs-include=* -C "$1" \
            -cf '"$work"'/base.tar . || test $? = 1' \
          bookworm "$work/full.tar" && break
        test $try != 3
        sleep 5
      done
      cd "$work"
      unpack() {
        tar -C bundle/rootfs --numeric-owner --xattrs --xattrs-include='*' -xpf "$1"
        rm "$1"
      }
      repack() {
        umoci repack --refresh-bundle --image layout:latest bundle
      }
      umoci init --layout layout
      umoci new --image layout:latest
      umoci unpack --image layout:latest bundle
      unpack base.tar
      repack
      find bundle/rootfs -mindepth 1 -delete
      unpack full.tar
      repack
      cd bundle/rootfs
      mkdir -p srv/app var/lib/web
      cat > srv/app/start <<'END'
      #!/bin/sh
      setpriv --reuid=redis --regid=redis --init-groups \
        redis-server /etc/redis/redis.conf --daemonize no --supervised no &
      exec nginx -g 'daemon off;'
      END
      chmod 755 srv/app/start
      echo 'served by the app' > srv/app/index.html
      ln srv/app/index.html srv/app/default.html
      cp bin/true srv/app/tool
      setfattr -n security.capability -v 0x010000020004000000000000ff000000fe000000 srv/app/tool \
        || setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 srv/app/tool
      rm etc/nginx/sites-enabled/default
      printf 'server { listen 127.0.0.1:80; root /srv/app; }\\n' > etc/nginx/conf.d/app.conf
      rm -r usr/share/doc/bash
      chown 33:33 srv/app/index.html
      cd ../..
      repack
      umoci config --image layout:latest --config.entrypoint /srv/app/start \
        --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      umoci gc --layout layout
      rm -rf bundle
      """;

  private DebianImage() {}

  /** Returns the layout, and makes it where it is not there yet. */
  static synchronized Path layout() throws IOException {
    Tools.require("mmdebstrap", "umoci", "tar", "setfattr");
    Tools.requireRoot();
    Path layout = Scratch.parent().resolve("cache/debian");
    if (!Files.exists(layout)) {
      long start = System.nanoTime();
      Files.createDirectories(layout.getParent());
      try (Scratch scratch = Scratch.create("debian")) {
        Shell.run(scratch.folder(), MAKE, scratch.folder());
        Files.move(scratch.resolve("layout"), layout);
      }
      System.out.printf("Debian image made: %.1f s%n", (System.nanoTime() - start) / 1e9);
    }
    return layout;
  }
}
