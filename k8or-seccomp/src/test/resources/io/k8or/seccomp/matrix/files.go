// Files, as the standard library has them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	folder, err := os.MkdirTemp("", "matrix")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "a")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		panic(err)
	}
	os.Rename(path, filepath.Join(folder, "b"))
	all, _ := os.ReadDir(folder)
	text, _ := os.ReadFile(filepath.Join(folder, "b"))
	var name syscall.Utsname
	syscall.Uname(&name)
	pid, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	fmt.Println(len(all), string(text), pid > 0)
}
