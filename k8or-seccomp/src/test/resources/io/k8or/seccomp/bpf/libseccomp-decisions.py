#!/usr/bin/python3
"""What libseccomp's filter of a profile decides, with an interpreter of its own.

usage: libseccomp-decisions.py PROFILE.json CALLS OUTPUT
PROFILE.json: the flat OCI form, of one architecture. CALLS: a line per call, decimal numbers:
number, architecture, six arguments. OUTPUT: a line per call: what the filter returns, and how many
instructions ran. The first line is the number of instructions.
"""
import ctypes, json, struct, sys, tempfile

library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
library.seccomp_init.restype = ctypes.c_void_p
library.seccomp_init.argtypes = [ctypes.c_uint32]
library.seccomp_arch_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
library.seccomp_arch_remove.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
library.seccomp_rule_add_array.argtypes = [
    ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]

ACTIONS = {"KILL_PROCESS": 0x80000000, "KILL_THREAD": 0, "TRAP": 0x30000, "ERRNO": 0x50000,
           "NOTIFY": 0x7fc00000, "TRACE": 0x7ff00000, "LOG": 0x7ffc0000, "ALLOW": 0x7fff0000}
OPERATORS = {"NE": 1, "LT": 2, "LE": 3, "EQ": 4, "GE": 5, "GT": 6, "MASKED_EQ": 7}
ARCHITECTURES = {"SCMP_ARCH_X86_64": 0xc000003e, "SCMP_ARCH_AARCH64": 0xc00000b7}
BAD_ARCHITECTURE, OPTIMIZE = 2, 8


class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def action(rule, name, number):
    value = ACTIONS[rule[name].replace("SCMP_ACT_", "")]
    return value | rule.get(number, 0)


def check(status, what):
    if status != 0:
        sys.exit(f"{what}: {status}")


profile = json.load(open(sys.argv[1]))
default = action(profile, "defaultAction", "defaultErrnoRet")
native = ARCHITECTURES[profile["architectures"][0]]
context = library.seccomp_init(default)
if native != 0xc000003e:
    check(library.seccomp_arch_add(context, native), "arch_add")
    check(library.seccomp_arch_remove(context, 0xc000003e), "arch_remove")
check(library.seccomp_attr_set(context, BAD_ARCHITECTURE, ACTIONS["KILL_PROCESS"]), "attr_set")
check(library.seccomp_attr_set(context, OPTIMIZE, 2), "attr_set")
for rule in profile["syscalls"]:
    arguments = rule.get("args", [])
    comparisons = (Comparison * max(1, len(arguments)))()
    for i, a in enumerate(arguments):
        comparisons[i] = Comparison(
            a["index"], OPERATORS[a["op"].replace("SCMP_CMP_", "")], a["value"], a.get("valueTwo", 0))
    for name in rule["names"]:
        # The number on this machine, which libseccomp translates.
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number == -1:
            sys.exit(f"libseccomp does not know {name}")
        check(library.seccomp_rule_add_array(
            context, action(rule, "action", "errnoRet"), number, len(arguments), comparisons), name)
with tempfile.TemporaryFile() as file:
    check(library.seccomp_export_bpf(context, file.fileno()), "export_bpf")
    file.seek(0)
    program = list(struct.iter_unpack("<HBBI", file.read()))


def run(data):
    a, pc, steps = 0, 0, 0
    while True:
        code, jt, jf, k = program[pc]
        pc += 1
        steps += 1
        if code == 0x20:
            a = struct.unpack_from("<I", data, k)[0]
        elif code == 0x54:
            a &= k
        elif code == 0x05:
            pc += k
        elif code == 0x15:
            pc += jt if a == k else jf
        elif code == 0x25:
            pc += jt if a > k else jf
        elif code == 0x35:
            pc += jt if a >= k else jf
        elif code == 0x06:
            return k, steps
        else:
            sys.exit(f"instruction {code:#x}")


with open(sys.argv[3], "w") as out:
    out.write(f"{len(program)}\n")
    for line in open(sys.argv[2]):
        n = [int(word) for word in line.split()]
        data = struct.pack("<IIQ6Q", n[0] & 0xffffffff, n[1] & 0xffffffff, 0, *(v & (1 << 64) - 1 for v in n[2:]))
        value, steps = run(data)
        out.write(f"{value} {steps}\n")
