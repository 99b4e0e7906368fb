#!/usr/bin/python3
"""Makes the tables of system calls from the kernel's headers (Debian's linux-libc-dev) with the C preprocessor.

usage: syscall-tables.py OUTPUT_DIRECTORY
Each line of a table is NUMBER TAB NAME, ordered by number; the first line says where it is from.
"""
import os, re, subprocess, sys

ARM64 = ["__ARCH_WANT_RENAMEAT", "__ARCH_WANT_NEW_STAT", "__ARCH_WANT_SET_GET_RLIMIT",
         "__ARCH_WANT_SYS_CLONE3", "__ARCH_WANT_MEMFD_SECRET"]  # as in arch/arm64/include/uapi/asm/unistd.h
# Of Linux 6.2 to 6.17, which Debian 12's headers do not have; the same numbers on both.
LATER = {"cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455,
         "futex_requeue": 456, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
         "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464, "listxattrat": 465,
         "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469}
TABLES = {"x86_64": ("asm/unistd_64.h", []), "aarch64": ("asm-generic/unistd.h", ARM64)}

version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "linux-libc-dev"],
                         capture_output=True, text=True, check=True).stdout
for name, (header, wanted) in TABLES.items():
    source = "#define __BITS_PER_LONG 64\n" + "".join(f"#define {w}\n" for w in wanted) + f"#include <{header}>\n"
    macros = subprocess.run(["gcc", "-E", "-dM", "-"], input=source, capture_output=True, text=True, check=True).stdout
    numbers = dict(LATER, uretprobe=335) if name == "x86_64" else dict(LATER)
    defined = dict(re.findall(r"#define (__NR\w+) +(\w+)", macros))
    for macro in defined:
        if not macro.startswith("__NR_") or macro in ("__NR_syscalls", "__NR_arch_specific_syscall"):
            continue
        value = macro
        while value in defined:
            value = defined[value]
        if value.isdigit():
            numbers[macro[5:]] = int(value)
    with open(os.path.join(sys.argv[1], f"syscalls-{name}.tsv"), "w") as out:
        out.write(f"# {header} of linux-libc-dev {version}, and later ones, by syscall-tables.py\n")
        for call, number in sorted(numbers.items(), key=lambda e: e[1]):
            out.write(f"{number}\t{call}\n")
