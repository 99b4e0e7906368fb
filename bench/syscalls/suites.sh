# Packages' own test suites for `suites`: a section is "## SOURCE SECONDS". What stands before the line "--" prepares the
# suite, with the network and untraced, what follows runs it under strace with the loopback alone; both are run by bash, as
# root, in the folder of the source. The programs under test are those of the distribution: what was built of them is
# deleted (GNU's suites then find the installed ones by PATH), or the suite is told their paths. A suite that does not come
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
sed -i 's/_findtests() *{/&\n  set +e/' scripts/run-regtests.sh
VTEST_PROGRAM=/usr/bin/varnishtest HAPROXY_PROGRAM=/usr/sbin/haproxy as_user scripts/run-regtests.sh --j 2
/suites/debian-tests script > s; . ./s

## nginx 480
install nginx-full libnginx-mod-{mail,stream,stream-geoip,http-geoip,http-image-filter,http-perl,http-xslt-filter} perl libio-socket-ssl-perl libcache-memcached-perl memcached uwsgi-core curl
# Not in Debian: nginx's own tests.
[ -d /suites/nginx-tests ] || git clone -q https://github.com/nginx/nginx-tests /suites/nginx-tests
chown -R tester: /suites/nginx-tests
/suites/debian-tests script > .script
--
. ./.script
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

## util-linux 500
builddeps util-linux
install util-linux util-linux-extra bsdextrautils bsdutils fdisk eject mount rfkill uuid-runtime uuid-dev cramfsprogs login socat bc
./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 --disable-asciidoc --without-python && make -s -j 2 check-programs
--
tests/run.sh --srcdir="$PWD" --builddir="$PWD" --use-system-commands --nonroot --parallel=2
tests/run.sh --srcdir="$PWD" --builddir="$PWD" --use-system-commands --parallel=2

## grep 200
builddeps grep; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; rm -f src/{grep,egrep,fgrep}
--
as_user make -k -C tests check-TESTS

## sed 200
builddeps sed; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; make -s testsuite/get-mb-cur-max; rm -f sed/sed
--
as_user make -k check-TESTS

## findutils 240
builddeps findutils; install locate; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2
rm -f find/find xargs/xargs locate/locate; cp -s /usr/bin/find find/; cp -s /usr/bin/xargs xargs/; touch -h find/find xargs/xargs
--
as_user make -k -C tests check-TESTS
as_user make -k -C find/testsuite check-DEJAGNU FIND=/usr/bin/find
as_user make -k -C xargs/testsuite check-DEJAGNU XARGS=/usr/bin/xargs

## gzip 150
builddeps gzip; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; rm -f gzip gunzip zcat zgrep zdiff zmore znew zforce gzexe zcmp
--
as_user make -k -C tests check-TESTS

## diffutils 150
builddeps diffutils; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; rm -f src/{cmp,diff,diff3,sdiff}
--
as_user make -k -C tests check-TESTS

## tar 300
builddeps tar; FORCE_UNSAFE_CONFIGURE=1 ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; make -s -C tests genfile checkseekhole ckmtime testsuite; rm -f src/tar
--
cd tests; as_user ./testsuite AUTOTEST_PATH="$PWD:src" -j2; ./testsuite -k root AUTOTEST_PATH="$PWD"

## cpio 150
builddeps cpio; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; make -s -C tests genfile testsuite; rm -f src/cpio
--
cd tests; as_user ./testsuite AUTOTEST_PATH="$PWD"

## m4 150
builddeps m4; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2
--
cd checks; as_user env PATH="/usr/bin:$PATH" ./check-them -I . -m /usr/bin/m4 [0-9]*; rm -f ../src/m4; as_user make -k check M4=/usr/bin/m4; ls [0-9]* | head -300 | while read -r f; do as_user timeout 5 m4 -d $f > /dev/null; done

## make-dfsg 300
builddeps make-dfsg; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0
--
cd tests; as_user perl run_make_tests.pl -srcdir "$PWD/.." -make /usr/bin/make

## patch 120
builddeps patch; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 && make -s -j 2; rm -f src/patch; cp -s /usr/bin/patch src/; touch -h src/patch
--
as_user make -k -C tests check-TESTS; as_user make -k check-TESTS

## gawk 300
builddeps gawk; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0
--
cd test; as_user make -k check AWKPROG=/usr/bin/gawk AWK='LC_ALL=C /usr/bin/gawk'

## bash 400
builddeps bash; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0; make -s recho zecho printenv xcase
--
cd tests; as_user env THIS_SH=/usr/bin/bash BUILD_DIR="$PWD/.." PATH="$PWD/..:$PATH" sh ./run-all

## jq 120
cp -s /usr/bin/jq .; install valgrind
--
as_user env JQBASEDIR="$PWD" JQTESTS="$PWD/tests" NO_VALGRIND=1 sh tests/shtest; for test in jq base64 onig optional man; do [ -e tests/$test.test ] && as_user jq -L tests/modules --run-tests tests/$test.test; done

## bc 60
install bc dc
--
cd Test; for f in *.b; do as_user timeout 20 bc -l $f < /dev/null; as_user timeout 20 bc < $f; done; cd ../dc* 2> /dev/null; echo '2 3 ^ p 100 k 2 v p' | dc

## e2fsprogs 300
./configure -q --cache-file=/suites/config.cache CFLAGS=-O0; make -s -j 2 libs > /dev/null; make -s -C tests test_one test_script mke2fs.conf test_data.tmp 2> /dev/null
sed -i 's#\.\./\(misc\|e2fsck\|resize\|debugfs\)/\([a-z0-9_]*\)#$(command -v \2)#g' tests/test_config tests/test_one tests/test_one.in
install e2fsprogs
--
cd tests; as_user make check

## binutils 300
install dejagnu gcc libc6-dev
mkdir -p run/binutils run/gas run/ld; for tool in binutils gas; do printf 'set srcdir "%s"\nset objdir "%s"\nset target_triplet x86_64-linux-gnu\nset host_triplet x86_64-linux-gnu\nset CC gcc\nset CFLAGS -g\nset tool %s\n' "$PWD/$tool/testsuite" "$PWD/run/$tool" $tool > run/$tool/site.exp; done; mkdir -p run/binutils/tmpdir
--
for tool in binutils gas; do (cd run/$tool; mkdir -p tmpdir; chown -R tester .; as_user timeout 140 runtest --tool $tool --srcdir ../../$tool/testsuite AR=/usr/bin/ar AS=/usr/bin/as NM=/usr/bin/nm OBJCOPY=/usr/bin/objcopy OBJDUMP=/usr/bin/objdump RANLIB=/usr/bin/ranlib READELF=/usr/bin/readelf SIZE=/usr/bin/size STRINGS=/usr/bin/strings STRIP=/usr/bin/strip ADDR2LINE=/usr/bin/addr2line CXXFILT=/usr/bin/c++filt ELFEDIT=/usr/bin/elfedit LD=/usr/bin/ld); done

## curl 420
builddeps curl; ./configure -q --cache-file=/suites/config.cache CFLAGS=-O0 --with-openssl --disable-shared; make -s -j 2 -C lib; make -s -C src; make -s -C tests/server
--
cd tests; as_user perl ./runtests.pl -a -n -k -c /usr/bin/curl '!flaky' $(seq 1 400) ; as_user perl ./runtests.pl -a -n -c /usr/bin/curl $(seq 500 560) $(seq 1000 1200)

## python3.11 400
install libpython3.11-testsuite python3
--
as_user python3.11 -m test --timeout 60 -u none test_os test_posix test_subprocess test_signal test_select test_epoll test_mmap test_shutil test_tempfile test_file test_fileio test_io test_pty test_tty test_resource test_sched test_socket test_threading test_fcntl test_time test_pwd test_grp test_glob test_pathlib test_asyncio test_socketserver test_httpservers test_ssl test_sqlite3 test_zipfile test_posixpath test_mailbox test_popen test_wait3 test_wait4 test_fork1 test_thread test_random
