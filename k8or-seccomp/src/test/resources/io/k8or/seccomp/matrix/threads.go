// Goroutines, a server and its client, closures, an interface, a panic that is caught, a child.
package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"time"
)

type shape interface{ area() int }
type square struct{ side int }

func (s square) area() int { return s.side * s.side }

func caught() (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	panic("on purpose")
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		peer, _ := listener.Accept()
		io.WriteString(peer, "hi")
		peer.Close()
	}()
	client, _ := net.Dial("tcp", listener.Addr().String())
	text, _ := io.ReadAll(client)
	wait.Wait()
	time.Sleep(time.Millisecond)
	var s shape = square{2}
	fmt.Println(string(text), s.area(), caught(), exec.Command("/bin/true").Run())
}
