// The TCP upstream of the example configuration: answers each line with "Echo: " and the line.
//
// usage: tcp-echo [PORT]    (else $PORT, else 4000)
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
)

func main() {
	listener, err := net.Listen("tcp", "localhost:"+port())
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("echoing lines on %s", listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go echo(connection)
	}
}

func port() string {
	if len(os.Args) > 1 {
		return os.Args[1]
	}
	if fromEnvironment := os.Getenv("PORT"); fromEnvironment != "" {
		return fromEnvironment
	}
	return "4000"
}

// echo answers until the client has ended its side; a last line without its end is a line too.
func echo(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		line, err := reader.ReadString('\n')
		if line != "" {
			line = strings.TrimRight(line, "\r\n")
			if _, writeErr := fmt.Fprintf(connection, "Echo: %s\n", line); writeErr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
