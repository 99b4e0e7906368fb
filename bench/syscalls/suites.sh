# Packages' own test suites for `suites`: a section is "## SOURCE SECONDS". What stands before the line "--" prepares the
# suite, with the network and untraced, what follows runs it under strace with the loopback alone; both are run by bash, as
# root, in the folder of the source. The programs under test are those of the distribution: what was built of them is
# deleted (the suites then find the installed ones by PATH), or the suite is told their paths. A suite that does not come
# to its end in its time has seen what it has seen; tests are shuffled the same way each time where there are too many.

## redis 480
install tcl procps redis-server redis-tools
grep -rl 'src/redis-' tests | xargs sed -i 's#\(\./\)\?src/redis-#/usr/bin/redis-#g'
--
tests="integration/redis-cli integration/aof integration/rdb integration/redis-benchmark unit/other unit/introspection
  unit/shutdown unit/oom-score-adj unit/acl unit/multi unit/info unit/scripting unit/protocol unit/auth unit/keyspace
  unit/scan unit/dump unit/aofrw unit/pubsub unit/slowlog unit/limits unit/networking unit/type/string unit/type/list
  unit/type/hash integration/logging integration/replication integration/block-repl integration/convert-zipmap-hash-on-load
  unit/expire unit/latency-monitor unit/bitops unit/geo unit/sort unit/hyperloglog unit/tracking unit/querybuf
  unit/maxmemory unit/memefficiency unit/lazyfree unit/tls integration/psync2 integration/failover"
as_user ./runtest --clients 3 --timeout 300 $(printf -- '--single %s ' $tests)

## memcached 300
install memcached perl libio-socket-ssl-perl gcc libc6-dev
ln -s /usr/bin/memcached memcached-debug; ln -s /usr/bin/memcached memcached
gcc -o timedrun timedrun.c
# Of a build with a filter of its own, which Debian's is not.
sed -i 's/ -o relaxed_privileges//' t/*.t t/lib/*.pm
--
as_user prove -j 2 --timer $(ls t/*.t | sort -R --random-source=/bin/true)
prove --timer t/daemonize.t t/binary.t t/basic.t

## haproxy 400
install varnish $(/suites/debian-tests packages)
--
VTEST_PROGRAM=/usr/bin/varnishtest HAPROXY_PROGRAM=/usr/sbin/haproxy as_user scripts/run-regtests.sh --j 2
/suites/debian-tests script > s; . ./s

## nginx 480
install nginx-full libnginx-mod-{mail,stream,stream-geoip,http-geoip,http-image-filter,http-perl,http-xslt-filter} perl libio-socket-ssl-perl libcache-memcached-perl memcached uwsgi-core curl
# Not in Debian: nginx's own tests.
[ -d /suites/nginx-tests ] || git clone -q https://github.com/nginx/nginx-tests /suites/nginx-tests
chown -R tester: /suites/nginx-tests
--
cd /suites/nginx-tests
export TEST_NGINX_BINARY=/usr/sbin/nginx TEST_NGINX_MODULES=/usr/lib/nginx/modules
prove -j 2 index.t access_log.t proxy.t fastcgi.t
as_user prove -j 2 $(ls *.t | sort -R --random-source=/bin/true)

## lighttpd 240
install $(/suites/debian-tests packages)
/suites/debian-tests script > .script
--
. ./.script

## sqlite3 300
install tcl-dev zlib1g-dev sqlite3
./configure -q CFLAGS=-O0 && make -s -j 2 testfixture
sed -i 's#set prog \[test_find_binary sqlite3\]#set prog /usr/bin/sqlite3#' test/tester.tcl
--
for test in test/shell*.test test/recover*.test test/dbfuzz*.test test/sqldiff*.test; do as_user timeout 60 ./testfixture $test; done

## coreutils 720
builddeps coreutils
FORCE_UNSAFE_CONFIGURE=1 ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2 SUBDIRS=.
find src -maxdepth 1 -type f -perm -100 ! -name '*.*' ! -name getlimits -delete
--
as_user make -k check-TESTS PROGRAMS= TESTS="$(find tests -mindepth 2 -name '*.sh' -o -mindepth 2 -name '*.pl' | grep -v 'rm/\(fail-eperm\|many\)\|misc/\(sort-\(compress\|month\|rand\)\|stdbuf\)' | sort -R --random-source=/bin/true | tr '\n' ' ')" SUBDIRS=.
make -k check-TESTS PROGRAMS= TESTS="$(grep -ls require_root_ $(find tests -mindepth 2 -name '*.sh') | tr '\n' ' ')" SUBDIRS=.

## util-linux 900
builddeps util-linux
install util-linux util-linux-extra bsdextrautils bsdutils fdisk eject mount rfkill uuid-runtime login socat bc
./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 --disable-asciidoc --without-python && make -s -j 2 check-programs
--
slow="kill/all_processes kill/name_to_number kill/options kill/print_pid kill/queue" # hang under strace
tests/run.sh --srcdir="$PWD" --builddir="$PWD" --use-system-commands --nonroot --exclude="$slow"
tests/run.sh --srcdir="$PWD" --builddir="$PWD" --use-system-commands --exclude="$slow"
