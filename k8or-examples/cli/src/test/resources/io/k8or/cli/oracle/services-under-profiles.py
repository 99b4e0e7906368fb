#!/usr/bin/python3
"""Starts services in containers under their seccomp profiles, asks them, and stops them, again and again.

usage: services-under-profiles.py ENGINE SPECIFICATION.json RESULT.json
ENGINE: runc, crun, docker, or strace, which starts without a container or a profile, and keeps what strace writes.
To be run as root with mounts and processes of its own, as unshare makes them.
SPECIFICATION: {"root": an unpacked root, "work": an empty directory, "times": 20, "noNewPrivileges": [false, true],
"docker": the engine's address, "services": [{"name", "args": [], "user": 0, "profiles": {"false": FILE, "true": FILE},
"probe": {"kind", ...}, "signal": "TERM", "status": 0 if the exit status matters, "programs": [names],
"root": its own root, "trace": the file for strace}]}
RESULT: [{"engine", "service", "noNewPrivileges", "starts", "failures": [what went wrong]}].
A failure is a service that does not answer, that ends before it is told to, or whose process the kernel kills.
"""
import ctypes, json, os, re, signal, socket, struct, subprocess, sys, time

PATIENCE = 60
CAPABILITIES = ["CAP_" + c for c in (
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETGID SETPCAP SETUID SYS_CHROOT AUDIT_WRITE").split()]
libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    pass


class KernelLog:
    """What the kernel says of processes that filters killed."""

    def __init__(self):
        try:
            self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.file, 0, os.SEEK_END)
        except OSError:
            self.file = -1

    def killed(self, programs):
        found = []
        while self.file >= 0:
            try:
                line = os.read(self.file, 8192).decode(errors="replace")
            except BlockingIOError:
                break
            except OSError:
                continue  # lines were lost
            m = re.search(r'type=1326 .* comm="([^"]*)" exe="([^"]*)" sig=31 .* syscall=(\d+)', line)
            if m and os.path.basename(m.group(2)) in programs:
                found.append(f"{m.group(2)} killed for system call {m.group(3)}")
        return found


# -- questions; each is asked inside the container's network

def connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=5)
    s.settimeout(5)
    return s


def converse(port, *turns):
    with connect(port) as s:
        for question, expected in turns:
            s.sendall(question.encode())
            answer = b""
            while expected.encode() not in answer:
                part = s.recv(4096)
                if not part:
                    raise Failed(f"answered {answer!r}, expected {expected!r}")
                answer += part


def postgres(port):
    with connect(port) as s:
        f = s.makefile("rb")
        words = b"user\0postgres\0database\0postgres\0\0"
        s.sendall(struct.pack(">II", len(words) + 8, 196608) + words)
        query = b"create temporary table t as select g from generate_series(1, 1000) g; select 6 * 7 from t limit 1\0"
        asked, got = False, b""
        while True:
            head = f.read(5)
            if len(head) < 5:
                raise Failed(f"the connection ended: {got!r}")
            kind, size = struct.unpack(">cI", head)
            body = f.read(size - 4)
            got += kind + body
            if kind == b"E":
                raise Failed(f"an error: {body!r}")
            if kind == b"Z" and asked:
                break
            if kind == b"Z":
                asked = True
                s.sendall(b"Q" + struct.pack(">I", len(query) + 4) + query)
        if b"42" not in got:
            raise Failed(f"no 42 in {got!r}")


def dns(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        name = b"\4k8or\4test\0"
        s.sendto(struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1), ("127.0.0.1", port))
        answer = s.recv(512)
        if socket.inet_aton("1.2.3.4") not in answer:
            raise Failed(f"answered {answer!r}")


def ask(probe):
    kind, port = probe["kind"], probe.get("port")
    if kind == "http":
        converse(port, ("GET / HTTP/1.0\r\nHost: x\r\n\r\n", "200 "))
    elif kind == "talk":
        converse(port, *probe["turns"])
    elif kind == "talks":
        for turn in probe["turns"]:  # each by itself: servers end a connection after some errors
            converse(port, turn)
    elif kind == "postgres":
        postgres(port)
    elif kind == "dns":
        dns(port)
    else:
        raise ValueError(kind)


def ask_inside(pid, probe):
    """Asks in a child that has entered the network of a process; returns what is wrong, or nothing."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        wrong = ""
        try:
            network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            if libc.setns(network, 0x40000000) != 0:
                raise Failed("setns: " + os.strerror(ctypes.get_errno()))
            ask(probe)
        except Exception as e:
            wrong = f"{type(e).__name__}: {e}"
        os.write(write, wrong.encode()[:2000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        wrong = f.read().decode(errors="replace")
    os.waitpid(child, 0)
    return wrong


# -- engines

class Oci:
    """runc or crun, without an engine above."""

    def __init__(self, program, spec):
        self.spec, self.count = spec, 0
        self.base = [program] + (["--cgroup-manager=disabled"] if program == "crun" else [])
        if program == "crun":
            # It does not go with control groups of both versions; these mounts are this process's own.
            subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)
        self.program = program
        self.state = os.path.join(spec["work"], "state-" + program)
        os.makedirs(self.state, exist_ok=True)

    def prepare(self, service, no_new_privileges):
        self.bundle = os.path.join(self.spec["work"], f"{self.program}-{service['name']}-{no_new_privileges}")
        os.makedirs(self.bundle, exist_ok=True)
        caps = {k: CAPABILITIES for k in ("bounding", "effective", "permitted")}
        tmpfs = lambda at, mode: {"destination": at, "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=" + mode]}
        json.dump({
            "ociVersion": "1.0.2",
            "process": {"terminal": False, "user": {"uid": service["user"], "gid": service["user"]}, "args": service["args"],
                        "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "cwd": "/",
                        "capabilities": caps, "noNewPrivileges": no_new_privileges},
            "root": {"path": service.get("root", self.spec["root"]), "readonly": False}, "hostname": "k8or",
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}, tmpfs("/dev", "755"),
                       tmpfs("/dev/shm", "1777"), tmpfs("/run", "755"), tmpfs("/tmp", "1777")],
            "linux": {"namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")],
                      "seccomp": json.load(open(service["profiles"][str(no_new_privileges).lower()]))},
        }, open(os.path.join(self.bundle, "config.json"), "w"))

    def command(self, *words):
        return subprocess.run([*self.base, "--root", self.state, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace")

    def start(self):
        self.count += 1
        self.id = f"k8or-{os.getpid()}-{self.count}"
        self.log = os.path.join(self.bundle, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*self.base, "--root", self.state, "run", "--bundle", self.bundle, self.id],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def pid(self):
        state = self.command("state", self.id)
        return json.loads(state.stdout).get("pid", 0) if state.returncode == 0 else 0

    def ended(self):
        return self.process.poll()

    def output(self):
        return open(self.log, errors="replace").read()

    def kill(self, name):
        self.command("kill", self.id, name)

    def remove(self):
        if self.process.poll() is None:
            self.command("kill", self.id, "KILL")
            self.process.wait()
        self.command("delete", "--force", self.id)

    def finish(self):
        pass


class Docker:
    """A Docker engine; the root's folders are mounted over an image that is empty but for links."""

    def __init__(self, program, spec):
        self.spec, self.count = spec, 0
        image = os.path.join(spec["work"], "image")
        os.makedirs(image, exist_ok=True)
        for name in os.listdir(spec["root"]):
            at = os.path.join(spec["root"], name)
            if os.path.islink(at):
                if not os.path.lexists(os.path.join(image, name)):
                    os.symlink(os.readlink(at), os.path.join(image, name))
            else:
                os.makedirs(os.path.join(image, name), exist_ok=True)
        os.chmod(os.path.join(image, "tmp"), 0o1777)
        subprocess.run(["tar", "-C", image, "-cf", image + ".tar", "."], check=True)
        self.docker("import", image + ".tar", "k8or-empty")

    def docker(self, *words, tolerate=False):
        r = subprocess.run(["docker", "-H", self.spec["docker"], *words], stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, errors="replace")
        if r.returncode != 0 and not tolerate:
            raise Failed(f"docker {' '.join(words)}: {r.stderr.strip()}")
        return r

    def prepare(self, service, no_new_privileges):
        self.count += 1
        self.id = f"k8or-{os.getpid()}-{self.count}"
        words = ["create", "--name", self.id, "--network", "none", "--user", f"{service['user']}:{service['user']}",
                 "--security-opt", "seccomp=" + service["profiles"][str(no_new_privileges).lower()],
                 "--tmpfs", "/run", "--tmpfs", "/tmp", "--ulimit", "nofile=1024:1024", "--entrypoint", service["args"][0]]
        if no_new_privileges:
            words += ["--security-opt", "no-new-privileges"]
        root = service.get("root", self.spec["root"])
        for name in ("bin", "sbin", "lib", "usr", "etc", "var", "srv"):
            if os.path.isdir(f"{root}/{name}") and not os.path.islink(f"{root}/{name}"):
                words += ["--volume", f"{root}/{name}:/{name}"]
        self.docker(*words, "k8or-empty", *service["args"][1:])

    def start(self):
        self.since = f"{time.time():.6f}"
        started = self.docker("start", self.id, tolerate=True)
        if started.returncode != 0:
            raise Failed(started.stderr.strip())

    def inspect(self):
        return json.loads(self.docker("inspect", "--format", "{{json .State}}", self.id).stdout)

    def pid(self):
        return self.inspect()["Pid"]

    def ended(self):
        state = self.inspect()
        return None if state["Running"] else state["ExitCode"]

    def output(self):
        r = self.docker("logs", "--since", self.since, self.id)
        return r.stdout + r.stderr

    def kill(self, name):
        self.docker("kill", "--signal", name, self.id, tolerate=True)

    def remove(self):
        self.docker("kill", self.id, tolerate=True)

    def finish(self):
        self.docker("rm", "--force", self.id, tolerate=True)


class Strace:
    """No container: a root over the root, which keeps what is written, and a network of its own."""

    def __init__(self, program, spec):
        self.spec = spec

    def prepare(self, service, no_new_privileges):
        self.service = service
        work = os.path.join(self.spec["work"], "strace-" + service["name"])
        self.at = os.path.join(work, "root")
        self.log = os.path.join(work, "log")
        upper = os.path.join(work, "upper")
        for folder in (self.at, upper):
            os.makedirs(folder)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", upper], check=True)
        for folder in ("files", "work"):
            os.makedirs(os.path.join(upper, folder))
        options = f"lowerdir={self.spec['root']},upperdir={upper}/files,workdir={upper}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.at], check=True)
        for kind, folder in (("proc", "proc"), ("tmpfs", "dev"), ("tmpfs", "run"), ("tmpfs", "tmp")):
            os.makedirs(os.path.join(self.at, folder), exist_ok=True)
            subprocess.run(["mount", "-t", kind, kind, os.path.join(self.at, folder)], check=True)
        os.makedirs(os.path.join(self.at, "dev/shm"))
        for name in ("null", "zero", "full", "random", "urandom"):
            node = os.path.join(self.at, "dev", name)
            os.mknod(node, 0o20666, os.stat("/dev/" + name).st_rdev)
            os.chmod(node, 0o666)
        for folder in ("dev/shm", "tmp"):
            os.chmod(os.path.join(self.at, folder), 0o1777)

    def network(self):
        import fcntl
        if libc.unshare(0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 1).ljust(40, b"\0"))  # up

    def start(self):
        user = self.service["user"]
        command = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file,%process", "-o", self.service["trace"],
                   "chroot", f"--userspec={user}:{user}", self.at, *self.service["args"]]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, preexec_fn=self.network)

    def pid(self):
        return self.process.pid

    def ended(self):
        return self.process.poll()

    def output(self):
        return open(self.log, errors="replace").read()

    def kill(self, name):
        for child in open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split():
            os.kill(int(child), getattr(signal, "SIG" + name))

    def remove(self):
        if self.process.poll() is None:
            self.kill("KILL")
            self.process.wait()

    def finish(self):
        # What chroot itself opened, before it changed its root, is of another system.
        lines = open(self.service["trace"], errors="surrogateescape").read().split("\n")
        first = next(i for i, line in enumerate(lines) if "execve(\"" + self.service["args"][0] in line)
        open(self.service["trace"], "w", errors="surrogateescape").write("\n".join(lines[first:]))


# -- one start

def await_end(engine, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = engine.ended()
        if status is not None:
            return status
        time.sleep(0.02)
    raise Failed("it does not end")


def once(engine, service):
    probe = service["probe"]
    engine.start()
    try:
        if probe["kind"] == "ends":
            status = await_end(engine, PATIENCE)
            if status != service["status"]:
                raise Failed(f"exit status {status}, expected {service['status']}: {engine.output()[-500:]}")
            if probe.get("prints", "") not in engine.output():
                raise Failed(f"no {probe['prints']!r} in its output: {engine.output()[-500:]}")
            return
        end, wrong, pid = time.monotonic() + PATIENCE, "not started", 0
        while wrong:
            status = engine.ended()
            if status is not None:
                raise Failed(f"it ended with exit status {status}: {wrong}: {engine.output()[-500:]}")
            if time.monotonic() > end:
                raise Failed(f"no answer: {wrong}: {engine.output()[-500:]}")
            if probe["kind"] == "prints":
                lines = engine.output().count(probe["text"])
                wrong = "" if lines >= probe["times"] else f"{lines} lines"
            else:
                pid = pid or engine.pid()
                wrong = ask_inside(pid, probe) if pid else "no process"
            if wrong:
                time.sleep(0.05)
        engine.kill(service["signal"])
        status = await_end(engine, PATIENCE)
        if status == 159 or status not in service["ends"]:
            raise Failed(f"stopped with exit status {status}: {engine.output()[-500:]}")
    finally:
        engine.remove()


def main():
    name, spec = sys.argv[1], json.load(open(sys.argv[2]))
    engine = {"docker": Docker, "strace": Strace}.get(name, Oci)(name, spec)
    results = []
    for service in spec["services"]:
        for no_new_privileges in spec["noNewPrivileges"]:
            result = {"engine": name, "service": service["name"], "noNewPrivileges": no_new_privileges, "starts": 0, "failures": []}
            results.append(result)
            started = time.monotonic()
            try:
                engine.prepare(service, no_new_privileges)
                log = KernelLog()
                for i in range(spec["times"]):
                    result["starts"] += 1
                    try:
                        once(engine, service)
                    except Failed as e:
                        result["failures"].append(str(e))
                    if service.get("status") != 159:
                        result["failures"] += log.killed(service["programs"])
                    if len(result["failures"]) >= 3:
                        break
            except Failed as e:
                result["failures"].append(str(e))
            finally:
                engine.finish()
            result["seconds"] = round(time.monotonic() - started, 1)
            print(json.dumps(result), flush=True)
    json.dump(results, open(sys.argv[3], "w"))


main()
