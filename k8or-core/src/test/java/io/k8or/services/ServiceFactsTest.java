package io.k8or.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.services.Service.Kind;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is known of services, from lines as Debian 12 configures them. */
class ServiceFactsTest {
  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  private ServiceFactsTest file(String path, String text) {
    int mode = path.contains("bin/") ? 0755 : 0644;
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(mode), Content.of(ByteString.utf8(text))));
    return this;
  }

  private void directory(String path) {
    tree.put(ImagePath.of(path), FileNode.directory(FileAttributes.ofMode(0755)));
  }

  private Service told(String name, String... command) throws IOException {
    return ServiceFinder.told(ImageSnapshot.of(config, tree.build()), name, List.of(command));
  }

  @Test
  void nginx_ofDebian() throws Exception {
    file("/usr/sbin/nginx", "x");
    file(
        "/etc/nginx/nginx.conf",
        """
        user www-data;
        pid /run/nginx.pid;
        error_log /var/log/nginx/error.log;
        http {
        	access_log /var/log/nginx/access.log;
        #	listen     localhost:110;
        }
        """);
    file("/etc/nginx/sites-available/other", "listen 8443 ssl;\n");
    file("/etc/nginx/conf.d/app.conf", "server { listen 9; }\nserver {\n listen 127.0.0.1:81;\n}");
    directory("/var/lib/nginx");
    file(
        "/lib/systemd/system/nginx.service",
        """
        [Service]
        PIDFile=/run/nginx.pid
        ExecStart=/usr/sbin/nginx -g 'daemon on; master_process on;'
        ExecStop=-/sbin/start-stop-daemon --quiet --stop --retry QUIT/5 --pidfile /run/nginx.pid
        """);

    Service nginx = told("nginx", "/usr/sbin/nginx", "-g", "daemon off;");

    assertThat(nginx.values(Kind.PORT)).containsExactly("81/tcp");
    assertThat(nginx.values(Kind.WRITABLE))
        .containsExactlyInAnyOrder("/run", "/var/log/nginx", "/var/lib/nginx");
    assertThat(nginx.values(Kind.STOP_SIGNAL)).containsExactly("SIGQUIT");
    assertThat(nginx.values(Kind.USER)).isEmpty();
  }

  @Test
  void pythonsServer_listensAtItsLastWord() throws Exception {
    file("/usr/bin/python3", "x");

    Service told = told("web", "/usr/bin/python3", "-m", "http.server", "-b", "::", "8081");
    Service bare = told("web", "/usr/bin/python3", "-m", "http.server", "--directory", "80");

    assertThat(told.values(Kind.PORT)).containsExactly("8081/tcp");
    assertThat(bare.values(Kind.PORT)).containsExactly("8000/tcp");
  }

  @Test
  void redis_ofDebian() throws Exception {
    file("/usr/bin/redis-server", "x");
    file(
        "/etc/redis/redis.conf",
        """
        bind 127.0.0.1 -::1
        port 6379
        # port 7000
        pidfile /run/redis/redis-server.pid
        logfile /var/log/redis/redis-server.log
        dir /var/lib/redis
        """);

    Service redis =
        told("redis", "/usr/bin/redis-server", "/etc/redis/redis.conf", "--port", "6380");

    assertThat(redis.values(Kind.PORT)).containsExactly("6380/tcp", "6379/tcp");
    assertThat(redis.values(Kind.WRITABLE))
        .containsExactlyInAnyOrder("/run/redis", "/var/log/redis", "/var/lib/redis");
    assertThat(redis.values(Kind.CONFIGURATION)).containsExactly("/etc/redis");
  }

  @Test
  void memcached_ofDebian() throws Exception {
    file("/usr/bin/memcached", "x");
    file(
        "/etc/memcached.conf",
        "-d\nlogfile /var/log/memcached.log\n-m 64\n-p 11212\n-u memcache\n-l 127.0.0.1\n"
            + "-P /run/memcached/memcached.pid\n");
    file(
        "/lib/systemd/system/memcached.service",
        """
        [Service]
        ExecStart=/usr/share/memcached/scripts/systemd-memcached-wrapper /etc/memcached.conf
        PIDFile=/run/memcached/memcached.pid
        """);

    Service memcached = told("memcached", "/usr/bin/memcached", "-u", "memcache");

    assertThat(memcached.values(Kind.PORT)).containsExactly("11212/tcp");
    assertThat(memcached.values(Kind.WRITABLE))
        .containsExactlyInAnyOrder("/run/memcached", "/var/log");
    assertThat(told("m", "memcached", "-p", "5").value(Kind.PORT)).contains("5/tcp");
  }

  @Test
  void haproxy_ofDebian() throws Exception {
    file("/usr/sbin/haproxy", "x");
    file(
        "/etc/haproxy/haproxy.cfg",
        """
        global
        	log /dev/log	local0
        	chroot /var/lib/haproxy
        	stats socket /run/haproxy/admin.sock mode 660 level admin
        	ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
        frontend web
        	bind *:80
        	bind :::443 ssl crt /etc/ssl/private/a.pem
        	bind 0.0.0.0:8080,:8081
        """);
    file(
        "/lib/systemd/system/haproxy.service",
        """
        [Service]
        EnvironmentFile=-/etc/default/haproxy
        Environment="CONFIG=/etc/haproxy/haproxy.cfg" "EXTRAOPTS=-S /run/haproxy-master.sock"
        ExecStart=/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS
        """);

    Service haproxy = told("haproxy", "/usr/sbin/haproxy", "-W", "-f", "/etc/haproxy/haproxy.cfg");

    assertThat(haproxy.values(Kind.PORT))
        .containsExactly("80/tcp", "443/tcp", "8080/tcp", "8081/tcp");
    assertThat(haproxy.values(Kind.WRITABLE)).containsExactly("/run/haproxy");
    assertThat(haproxy.values(Kind.STOP_SIGNAL)).containsExactly("SIGUSR1");
    assertThat(haproxy.values(Kind.ENVIRONMENT))
        .containsExactly(
            "CONFIG=/etc/haproxy/haproxy.cfg", "EXTRAOPTS=-S /run/haproxy-master.sock");
  }

  @Test
  void lighttpd_ofDebian() throws Exception {
    file("/usr/sbin/lighttpd", "x");
    file(
        "/etc/lighttpd/lighttpd.conf",
        """
        server.upload-dirs          = ( "/var/cache/lighttpd/uploads" )
        server.errorlog             = "/var/log/lighttpd/error.log"
        server.pid-file             = "/run/lighttpd.pid"
        server.username             = "www-data"
        server.port                 = 8000
        """);
    file("/etc/lighttpd/conf-available/10-ssl.conf", "$SERVER[\"socket\"] == \":444\" {}\n");
    file("/etc/lighttpd/conf-enabled/10-ssl.conf", "$SERVER[\"socket\"] == \":443\" {}\n");

    Service lighttpd =
        told("lighttpd", "/usr/sbin/lighttpd", "-D", "-f", "/etc/lighttpd/lighttpd.conf");

    assertThat(lighttpd.values(Kind.PORT)).containsExactly("443/tcp", "8000/tcp");
    assertThat(lighttpd.values(Kind.WRITABLE))
        .containsExactlyInAnyOrder("/var/cache/lighttpd/uploads", "/var/log/lighttpd", "/run");
  }

  @Test
  void postgres_ofDebian() throws Exception {
    file("/usr/lib/postgresql/15/bin/postgres", "x");
    file(
        "/etc/postgresql/15/main/postgresql.conf",
        """
        data_directory = '/var/lib/postgresql/15/main'		# use data in another directory
        external_pid_file = '/var/run/postgresql/15-main.pid'
        #listen_addresses = 'localhost'
        port = 5433
        unix_socket_directories = '/var/run/postgresql'	# comma-separated list
        """);

    Service postgres =
        told(
            "postgres",
            "/usr/lib/postgresql/15/bin/postgres",
            "-c",
            "config_file=/etc/postgresql/15/main/postgresql.conf");

    assertThat(postgres.values(Kind.PORT)).containsExactly("5433/tcp");
    assertThat(postgres.values(Kind.WRITABLE))
        .containsExactlyInAnyOrder("/var/lib/postgresql/15/main", "/var/run/postgresql");
    assertThat(postgres.values(Kind.STOP_SIGNAL)).containsExactly("SIGINT");
    assertThat(postgres.values(Kind.CONFIGURATION)).containsExactly("/etc/postgresql");
  }

  @Test
  void optionsAndVariables_givePorts() throws Exception {
    config = config.with("/config/Env", "[\"PORT=3000\",\"OTHER_PORT=1\"]");
    assertThat(told("a", "gunicorn", "-b", "0.0.0.0:8000", "app:app").values(Kind.PORT))
        .containsExactly("8000/tcp", "3000/tcp");
    assertThat(told("a", "uvicorn", "--port=8001", "--bind", "unix:/x").values(Kind.PORT))
        .containsExactly("8001/tcp", "3000/tcp");
    assertThat(told("a", "java", "-Dserver.port=8002").values(Kind.PORT)).contains("8002/tcp");
  }

  @Test
  void program_withoutWord_hasItsDefaults() throws Exception {
    file("/usr/bin/redis-server", "x").file("/usr/bin/memcached", "x");
    assertThat(told("cache", "redis-server").facts())
        .extracting(Object::toString)
        .containsExactly("PORT 6379/tcp (what redis-server does by itself)");
    assertThat(told("m", "memcached").values(Kind.PORT)).containsExactly("11211/tcp");
  }

  @Test
  void runit_beginsInItsDirectory() throws Exception {
    file("/usr/bin/runsvdir", "x").file("/etc/service/web/run", "#!/bin/sh\nexec web\n");
    config = config.with("/config/Entrypoint", "[\"runsvdir\",\"/etc/service\"]");
    Service web = ServiceFinder.find(ImageSnapshot.of(config, tree.build())).get(1);
    assertThat(web.value(Kind.WORKING_DIRECTORY)).contains("/etc/service/web");
  }
}
