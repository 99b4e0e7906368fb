# Real work for `work`: each part begins with "## NAME" and is run by bash in the image, as root, with a
# network of its own that has the loopback alone. A part stops what it starts; /work is its folder, empty.

## compress
for i in $(seq 20000); do echo "line $i of a text that compresses well"; done > a
for tool in gzip bzip2 xz zstd lz4 brotli; do
  $tool -k -q a 2>/dev/null || $tool -k a
done
gzip -dc a.gz | cmp - a; bzip2 -dc a.bz2 | cmp - a; xz -T2 -c a | xz -dc | cmp - a
zstd -q -T2 -19 -c a | zstd -qdc | cmp - a; lz4 -dc a.lz4 | cmp - a; brotli -dc a.br | cmp - a
gzip -l a.gz; xz -l a.xz; zstd -l a.zst; gzip -t a.gz

## archive
mkdir -p tree/b; cp /etc/passwd /etc/fstab tree/ || true; ln -s passwd tree/link; ln tree/passwd tree/hard; mkfifo tree/pipe
tar -cf a.tar tree; tar -czf a.tar.gz tree; tar -cJf a.tar.xz tree; tar --zstd -cf a.tar.zst tree; tar -tvf a.tar.xz
mkdir x; tar -C x -xpf a.tar.gz --xattrs; tar -C x --overwrite -xf a.tar; tar -dvf a.tar
find tree | cpio -o -H newc > a.cpio; mkdir y; (cd y; cpio -idm < ../a.cpio); rm tree/pipe
zip -qr a.zip tree; unzip -qo a.zip -d z; unzip -l a.zip; bsdtar -cf b.tar --format=pax tree; bsdtar -xf a.zip -C x; bsdtar -tf b.tar

## text
seq 50000 | sort -R > n; sort -n -S 1M -T . n -o s; sort -u --parallel=2 n | tail -1; sort -c s -n || true
grep -rn root /etc --include='p*' | head -3; grep -c '^1.*9$' n; grep -P '^\d{3}$' n | wc -l; grep -z -o foo /bin/true || true
sed -i 's/1/one/g' n; sed -n '$=' n; mawk '{s += $1} END {print s}' s; gawk 'BEGIN {"date" | getline d; print d; system("true")} {a[$1 % 7]++} END {for (k in a) print k, a[k] | "sort"}' s
find /etc -type f -newer /etc/hostname -size +1k -printf '%p %s\n' | head -2; find . -name n -exec cat {} + | md5sum; find / -xdev -name '*.conf' -delete -quit 2>/dev/null || true
cut -c1-2 s | uniq -c | head -2; tr a-z A-Z < n | wc; split -l 10000 s part; comm -12 s s | head -1; join s s | head -1; paste s s | head -1; tac s | head -1; shuf -n 3 s; od -c s | head -2; base64 s | head -1
sha256sum s; cksum s; diff -u s n | head -3; diff -r /etc/default /etc/init.d | head -2; cmp s n || true; xxd s | head -2; file /bin/ls s; jq -n '{a: [1,2,3] | add}' ; echo '[1,{"b":2}]' | jq '.[1].b'; envsubst < /etc/passwd | head -1; m4 -Da=b <<< 'a'; bc -l <<< '4*a(1)'; dc -e '2 3 + p'

## files
cp -a /etc e; cp --reflink=auto --sparse=always s t 2>/dev/null || cp /etc/passwd t; mv t u; ln -s u v; ln u w; rm -rf e; mkdir -p a/b/c; rmdir -p a/b/c; touch -d yesterday u; chmod 600 u; chown 1:1 u; chgrp 2 u
stat u; stat -f /; ls -laR /etc | tail -1; ls --color -l /dev | head -2; du -sh /etc; df -h / || true; readlink -f v; realpath v; mktemp -d; truncate -s 1M big; dd if=/dev/zero of=big bs=4k count=10 conv=notrunc,fsync status=none; shred -n 1 -u big; sync u; install -m 700 u i; mknod p p; mkfifo q; tee k < u > /dev/null; head -c 3 u; tail -c 3 u; tail -f u & p=$!; sleep 0.3; kill $p
id; whoami; groups; hostname || true; uname -a; date; env | head -1; nproc; tty || true; stty -a || true; who || true; uptime || true; ps aux | head -2; free; top -bn1 | head -3; vmstat; pgrep bash; pidof bash || true; kill -l; nice -n 5 true; nohup true; timeout 1 sleep 5 || true; ip addr; ip route; ss -ltn; flock k true; setsid true; lscpu | head -1; dmesg > /dev/null || true; mount | head -1; getent passwd root; getent hosts localhost; ldd /bin/ls; ldconfig -p | head -1; locale; iconv -f utf8 -t latin1 <<< x; xargs -n1 -P2 echo < u | head -1

## git
export HOME=$PWD; git config --global user.email a@b; git config --global user.name a; git init -q r; cd r
for i in 1 2 3; do seq $i 1000 > f$i; git add .; git commit -qm c$i; done; git log --stat | cat; git checkout -qb side; echo x > f1; git commit -qam side; git checkout -q -; git merge -q side; git rebase -q HEAD~1 || true
git gc -q; git fsck; cd ..; git clone -q r c; cd c; git fetch -q; git diff HEAD~1 | cat; git blame f1 | head -1; git archive HEAD | tar -t; git stash; git tag -a v1 -m v; git grep 99 | head -1; git bundle create b HEAD; git pull -q; git push -q origin HEAD:other; git format-patch -1; git status; git bisect start; git reflog | cat

## sqlite
sqlite3 d.db "create table t(a integer primary key, b text); with recursive c(x) as (select 1 union all select x+1 from c where x<5000) insert into t select x, hex(randomblob(50)) from c; create index i on t(b); select count(*) from t where b like 'A%'; vacuum; pragma journal_mode=wal; insert into t(b) values('x'); pragma wal_checkpoint; pragma integrity_check;"
sqlite3 d.db .dump | sqlite3 e.db; sqlite3 -json e.db 'select * from t limit 1'; sqlite3 d.db '.backup f.db'

## python
cat > s.py <<'P'
import asyncio, bz2, concurrent.futures, glob, hashlib, http.server, json, lzma, mmap, multiprocessing, os, random, re, select, shutil, signal, socket, sqlite3, ssl, subprocess, sys, tempfile, threading, time, urllib.request, zlib
def f(x): return x * x
if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(2) as p: print(sum(p.map(f, range(9))))
    with multiprocessing.Pool(2) as p: print(sum(p.map(f, range(9))))
    print(subprocess.run(["date"], capture_output=True).stdout, os.popen("id").read())
    db = sqlite3.connect("x.db"); db.execute("create table t(a)"); db.commit()
    print(hashlib.sha256(zlib.compress(b"a" * 9999)).hexdigest(), len(lzma.compress(b"b" * 999)), len(bz2.compress(b"c")))
    with tempfile.TemporaryDirectory() as d: shutil.copytree("/etc/default", d + "/x"); print(glob.glob(d + "/*"))
    s = http.server.HTTPServer(("127.0.0.1", 8099), http.server.SimpleHTTPRequestHandler)
    t = threading.Thread(target=s.serve_forever); t.start()
    print(len(urllib.request.urlopen("http://127.0.0.1:8099/").read())); s.shutdown(); t.join()
    async def g():
        p = await asyncio.create_subprocess_exec("true"); await p.wait()
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 8098)
        r, w = await asyncio.open_connection("127.0.0.1", 8098); await r.read(); server.close(); await asyncio.sleep(.1)
    asyncio.run(g()); ssl.create_default_context(); signal.alarm(5); select.epoll().close()
    with open("m", "w+b") as h: h.write(b"x" * 4096); h.flush(); mmap.mmap(h.fileno(), 0).close()
    print(socket.getaddrinfo("localhost", 80)[0], os.cpu_count(), os.getloadavg(), random.random(), time.time())
P
python3 s.py; python3 -c 'print(1)'; python3 -m json.tool <<< '{"a":1}'; python3 -m zipfile -c a.zip s.py; python3 -m compileall -q s.py; python3 -m timeit -n 9 pass

## perl
perl -MFile::Find -MSocket -MPOSIX -MStorable -MTime::HiRes -MDigest::SHA=sha256_hex -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr=>"127.0.0.1", Listen=>1) or die; if (!fork) { IO::Socket::INET->new(PeerAddr=>"127.0.0.1", PeerPort=>$s->sockport)->print("hi\n"); exit } my $c = $s->accept; print <$c>; wait; print `date`; system("true"); find(sub {}, "/etc"); store({a=>1}, "st"); print sha256_hex("x"), POSIX::strftime("%F", localtime), "\n"; open my $h, "|-", "cat"; print $h "x\n"; close $h; Time::HiRes::usleep(1000); local $SIG{ALRM} = sub {}; alarm 1; select undef, undef, undef, 1.2; rename "st", "su"; unlink "su"; mkdir "d"; rmdir "d"; print -s "/etc/passwd"'
perl -pe 's/root/x/' /etc/passwd | tail -1; perl -ne 'print if /a/' /etc/passwd | wc -l

## node
cat > s.js <<'P'
const http = require('http'), fs = require('fs'), cp = require('child_process'), crypto = require('crypto'), zlib = require('zlib'), dns = require('dns'), os = require('os'), {Worker} = require('worker_threads'), net = require('net');
http.createServer((q, r) => fs.createReadStream('/etc/passwd').pipe(zlib.createGzip()).pipe(r)).listen(8097, '127.0.0.1', async function () {
  http.get('http://127.0.0.1:8097/', r => r.resume().on('end', () => {
    console.log(cp.execSync('date').toString(), cp.spawnSync('true').status, crypto.randomBytes(4).length, os.cpus().length, os.networkInterfaces().lo);
    crypto.pbkdf2('a', 'b', 9999, 9, 'sha512', () => dns.lookup('localhost', () => {
      const w = new Worker('require("worker_threads").parentPort.postMessage(1)', {eval: true});
      w.on('message', () => { fs.writeFileSync('x', 'y'); fs.watch('.', () => {}).close(); fs.renameSync('x', 'z'); fs.readdirSync('/etc'); fs.statSync('z'); fs.unlinkSync('z'); setTimeout(() => process.exit(0), 200); });
    }));
  }));
});
P
node s.js; node -e 'console.log(process.memoryUsage().rss > 0)'; node -p 'require("fs").realpathSync(".")'

## java
cat > S.java <<'P'
import java.net.*; import java.net.http.*; import java.nio.file.*; import java.util.*; import java.util.concurrent.*; import com.sun.net.httpserver.*;
public class S { public static void main(String[] a) throws Exception {
  HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", 8096), 0); s.createContext("/", e -> { e.sendResponseHeaders(200, 2); e.getResponseBody().write("ok".getBytes()); e.close(); }); s.setExecutor(Executors.newFixedThreadPool(2)); s.start();
  System.out.println(HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:8096/")).build(), HttpResponse.BodyHandlers.ofString()).body());
  Path p = Files.createTempFile("x", "y"); Files.writeString(p, "z"); Files.copy(p, Path.of("c")); Files.delete(p); try (var st = Files.walk(Path.of("/etc"))) { System.out.println(st.count()); }
  System.out.println(new String(new ProcessBuilder("date").start().getInputStream().readAllBytes())); System.gc(); byte[] k = new byte[16]; new java.security.SecureRandom().nextBytes(k);
  System.out.println(java.lang.management.ManagementFactory.getThreadMXBean().getThreadCount()); Thread.sleep(200); System.exit(0); } }
P
if [ -x /usr/bin/javac ]; then javac S.java; fi; [ -f S.class ] && java -Xmx64m -cp . S; java -version; java -Xshare:off -XX:+UseSerialGC -version; java -XX:+UseZGC -Xmx256m -version

## shells
cat > s.sh <<'P'
set -u; a=1; f() { local b=$1; echo $((b + a)); }; f 2; for i in 1 2 3; do (exit $i) || echo $?; done
trap 'echo term' TERM; kill -TERM $$; ls | while read -r l; do echo "$l"; done; x=$(printf '%s' "$(cat /etc/hostname)"); cat <<X | wc -c
here $x
X
[ -f /etc/passwd ] && test -d /etc; sleep 0.1 & wait; umask 022; ulimit -n; cd /; pwd; exec 3< /etc/passwd; read -r l <&3; case $l in root*) echo r;; esac; times; export Y=z; env > /dev/null; echo a > /dev/null 2>&1; getopts a: o -a b || true; command -v ls; eval 'echo e'; exec true
P
for shell in bash dash "busybox sh"; do $shell s.sh; done
bash -c 'coproc cat; echo x >&${COPROC[1]}; read -r l <&${COPROC[0]}; echo $l; exec 5<>/dev/tcp/127.0.0.1/1' || true; bash -c 'diff <(echo a) <(echo b); mapfile -t m < /etc/passwd; echo ${#m[@]}; echo ${m[0]@Q}; printf "%(%F)T\n" -1; read -t 0.1 z < <(sleep 1) || true; shopt -s globstar; echo /etc/**/passwd; ulimit -c 0; kill -l; jobs; history' || true
for applet in "ls -la /etc" "ps" "sed -n 1p /etc/passwd" "awk 1 /etc/hostname" "tar -cf b.tar /etc/default" "gzip -k s.sh" "find /etc/default" "grep root /etc/passwd" "md5sum s.sh" "vi --help" "date" "df" "sort s.sh" "wc s.sh" "cp s.sh t.sh" "rm t.sh" "sleep 0.1" "nslookup localhost 127.0.0.1" "ip addr" "id" "mount" "free" "top -bn1" "uptime" "dd if=s.sh of=/dev/null" "time true" "xargs echo < s.sh"; do timeout 5 busybox $applet > /dev/null 2>&1 || true; done

## build
cat > m.c <<'P'
#include <stdio.h>
int main(void) { printf("built\n"); return 0; }
P
printf 'all: m n\nm: m.c\n\tgcc -O1 -g -o m m.c\nn: m\n\t./m > n; touch n\n' > Makefile; make -j2; make; make -n clean || true; tcc -run m.c || true; objdump -d m | tail -1; readelf -a m | tail -1; nm m | tail -1; strip m; size m; strings m | tail -1; ar rc l.a m; ranlib l.a || true; objcopy m o; ld --version | head -1; as --version | head -1; addr2line -e m 0 ; sed 's/built/other/' m.c > o.c; diff -u m.c o.c > p; patch -s m.c p; patch -R m.c p; lua5.4 -e 'print(os.date(), io.popen("date"):read("a"))'; ruby -rsocket -rjson -e 'puts `date`; t = Thread.new { 1 }; t.join; s = TCPServer.new("127.0.0.1", 0); puts JSON.dump([s.addr]); puts Dir.glob("/etc/*").size; fork { exit }; Process.wait; GC.start; sleep 0.1'; php -r 'echo date("c"), shell_exec("date"), json_encode(scandir("/etc")), md5("a"), file_put_contents("x", "y"); usleep(10); $s = stream_socket_server("tcp://127.0.0.1:0"); echo gethostbyname("localhost");'

## crypto
openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 1 -subj /CN=localhost 2>/dev/null; openssl x509 -in c.pem -noout -text | head -2; openssl enc -aes-256-cbc -pbkdf2 -k x -in c.pem -out e; openssl enc -d -aes-256-cbc -pbkdf2 -k x -in e | cmp - c.pem; openssl dgst -sha256 c.pem; openssl rand -hex 4; openssl speed -seconds 1 sha256 2>&1 | tail -1; openssl genpkey -algorithm ed25519; openssl list -providers
openssl s_server -accept 4433 -key k.pem -cert c.pem -www & p=$!; sleep 0.5; curl -sk https://127.0.0.1:4433/ | head -1; echo Q | timeout 3 openssl s_client -connect 127.0.0.1:4433 2>/dev/null | head -1; wget -q --no-check-certificate -O w https://127.0.0.1:4433/ || true; kill $p
export GNUPGHOME=$PWD/g; mkdir -m 700 g; gpg --batch --passphrase '' --quick-gen-key a@b default default never 2>/dev/null; echo hi | gpg --batch --armor --sign 2>/dev/null | gpg --batch --verify 2>/dev/null; echo hi | gpg --batch -e -r a@b 2>/dev/null | gpg --batch -d 2>/dev/null; gpg -k; gpgconf --kill all; ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -lf key.pub; ssh-keygen -q -t rsa -N '' -f rsa

## transfer
mkdir srv; cp /etc/passwd srv/a; (cd srv; exec python3 -m http.server --bind 127.0.0.1 8095 2>/dev/null) & p=$!; sleep 1; curl -s http://127.0.0.1:8095/a -o b; curl -sI http://localhost:8095/; curl -sf file:///etc/passwd | wc -l; curl -s --parallel http://127.0.0.1:8095/a http://127.0.0.1:8095/a -o c -o d; curl -s -T b http://127.0.0.1:8095/x > /dev/null; wget -q http://127.0.0.1:8095/a -O w; wget -qr -np -nH http://127.0.0.1:8095/ -P m; ab -q -n 50 -c 5 http://127.0.0.1:8095/a | tail -2; kill $p
rsync -a srv/ dst/; rsync -ac --delete --stats srv/ dst/ | tail -1; socat -u OPEN:b CREATE:e; socat TCP-LISTEN:8094,reuseaddr,bind=127.0.0.1 SYSTEM:cat & sleep 0.3; echo hello | timeout 2 nc -q1 127.0.0.1 8094; nc -l 127.0.0.1 8093 > n & sleep 0.3; echo x | nc -N 127.0.0.1 8093; wait $! || true
mkdir -p /run/sshd; ssh-keygen -A; ssh-keygen -q -t ed25519 -N '' -f key; mkdir -p /root/.ssh; chmod 700 /root/.ssh; cp key.pub /root/.ssh/authorized_keys; /usr/sbin/sshd -D -p 2222 -o ListenAddress=127.0.0.1 -o StrictModes=no -o UsePAM=no & p=$!; sleep 0.7; o="-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i key -q"; ssh $o -p 2222 root@127.0.0.1 'echo in; date' || true; scp $o -P 2222 b root@127.0.0.1:/tmp/sc || true; echo 'ls /etc' | sftp $o -P 2222 root@127.0.0.1 | tail -1 || true; kill $p

## nginx
mkdir -p w; echo served > w/index.html; cat > n.conf <<P
user www-data; worker_processes 2; pid $PWD/pid; error_log stderr; events { worker_connections 64; }
http { access_log $PWD/log; gzip on; client_body_temp_path $PWD/t; server { listen 127.0.0.1:8080; root $PWD/w; autoindex on; location /p/ { proxy_pass http://127.0.0.1:8081/; } } server { listen 127.0.0.1:8081; location / { return 200 "inner\n"; } } }
P
chmod 755 . w; nginx -t -c $PWD/n.conf; nginx -c $PWD/n.conf -g 'daemon off;' & p=$!; sleep 0.7; curl -s http://127.0.0.1:8080/; curl -s http://127.0.0.1:8080/p/; curl -s http://127.0.0.1:8080/missing -o /dev/null; curl -s -d "$(head -c 50000 /dev/zero | tr '\0' x)" http://127.0.0.1:8080/ -o /dev/null; ab -q -n 200 -c 10 -k http://127.0.0.1:8080/ | tail -1; kill -HUP $p; sleep 0.5; kill -USR1 $p; sleep 0.2; curl -s http://127.0.0.1:8080/; kill -QUIT $p; wait $p

## redis
redis-server --port 6379 --dir $PWD --appendonly yes --save 1 1 & p=$!; sleep 0.7; redis-cli ping; redis-benchmark -q -n 2000 -c 10 -t set,get,lpush,lrange_100 | tail -1; redis-cli bgsave; redis-cli bgrewriteaof; redis-cli eval 'return redis.call("info")' 0 | head -1; redis-cli config rewrite || true; redis-cli debug sleep 0.1; sleep 1.2; redis-cli --rdb r.rdb | tail -1; redis-check-rdb dump.rdb | tail -1; redis-cli shutdown; wait $p

## memcached
memcached -u nobody -l 127.0.0.1 -p 11211 -t 2 & p=$!; sleep 0.5; for i in 1 2 3; do printf 'set a%s 0 0 1\r\nb\r\nget a%s\r\nincr a 1\r\nstats\r\nflush_all\r\nquit\r\n' $i $i | nc -q1 127.0.0.1 11211 | tail -1; done; kill -TERM $p; wait $p

## haproxy
printf 'global\n nbthread 2\n stats socket %s/sock\ndefaults\n mode http\n timeout connect 1s\n timeout client 2s\n timeout server 2s\nfrontend f\n bind 127.0.0.1:8082\n default_backend b\nbackend b\n option httpchk\n server s 127.0.0.1:8083 check inter 200\n' $PWD > h.cfg
(cd /etc; exec python3 -m http.server --bind 127.0.0.1 8083 2>/dev/null) & q=$!; haproxy -c -f h.cfg; haproxy -W -db -f h.cfg & p=$!; sleep 1.5; curl -s http://127.0.0.1:8082/hostname; ab -q -n 50 -c 5 http://127.0.0.1:8082/hostname | tail -1; echo 'show info' | socat - UNIX:$PWD/sock | head -1; kill -USR2 $p; sleep 1; kill -TERM $p; wait $p; kill $q

## lighttpd
mkdir w; echo served > w/index.html; printf 'server.document-root="%s/w"\nserver.port=8084\nserver.bind="127.0.0.1"\nserver.modules=("mod_access","mod_accesslog","mod_dirlisting","mod_cgi")\naccesslog.filename="%s/log"\ncgi.assign=(".sh"=>"/bin/sh")\nindex-file.names=("index.html")\n' $PWD $PWD > l.conf; echo 'printf "Content-Type: text/plain\n\ncgi\n"' > w/a.sh
lighttpd -tt -f l.conf; lighttpd -D -f l.conf & p=$!; sleep 0.7; curl -s http://127.0.0.1:8084/; curl -s http://127.0.0.1:8084/a.sh; ab -q -n 100 -c 5 http://127.0.0.1:8084/ | tail -1; kill -HUP $p; sleep 0.2; kill -TERM $p; wait $p

## postgres
b=/usr/lib/postgresql/15/bin; mkdir d; chown postgres . d; run() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }; run $b/initdb -D d > /dev/null; run $b/postgres -D d -k $PWD -c shared_buffers=16MB & p=$!; sleep 3; run $b/pgbench -h $PWD -i -q postgres 2>&1 | tail -1; run $b/pgbench -h $PWD -c 4 -j 2 -t 50 postgres | tail -1; run $b/psql -h $PWD postgres -c "create table t as select generate_series(1,20000) a; create index on t(a); set max_parallel_workers_per_gather=2; set min_parallel_table_scan_size=0; set parallel_setup_cost=0; set parallel_tuple_cost=0; select count(*) from t; copy t to '/tmp/t.csv'; listen x; notify x; checkpoint; select pg_reload_conf(); create extension if not exists plpgsql; do \$\$ begin perform 1; end \$\$; select pg_ls_dir('.') limit 1"; run $b/psql -h $PWD postgres -c "vacuum analyze t"; run $b/pg_dump -h $PWD postgres | tail -1; run $b/pg_basebackup -h $PWD -D bb -c fast || true; run $b/pg_isready -h $PWD; run $b/pg_ctl -D d -m fast -s stop; wait $p

## dnsmasq
dnsmasq -k -p 5353 --listen-address=127.0.0.1 --bind-interfaces --no-resolv --conf-file=/dev/null --address=/k8or.test/1.2.3.4 --user=nobody --pid-file= & p=$!; sleep 0.5; python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04k8or\x04test\x00\x00\x01\x00\x01", ("127.0.0.1", 5353)); s.settimeout(3); print(len(s.recv(512)))'; kill -HUP $p; sleep 0.2; kill -TERM $p; wait $p
busybox httpd -f -p 127.0.0.1:8085 -h /etc & p=$!; sleep 0.3; curl -s http://127.0.0.1:8085/hostname; kill $p; busybox nc -l -p 8086 -s 127.0.0.1 > /dev/null & sleep 0.2; echo x | busybox nc -w 1 127.0.0.1 8086 || true
