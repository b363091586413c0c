package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are chosen below those that systems hand out by themselves (32768 and up on
// Linux, 49152 and up elsewhere): a server that is stopped and started again finds its
// port as it left it, and a client that keeps calling cannot connect to itself.
const firstPort, lastPort = 20000, 32000

// listen listens on a free port of loopback.
func listen() (net.Listener, int, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var l net.Listener
		if l, err = net.Listen("tcp", address(port)); err == nil {
			return l, port, nil
		}
	}
	return nil, 0, fmt.Errorf("looking for a free port on loopback: %w", err)
}

// freePort is a port that was free a moment ago.
func freePort() (int, error) {
	l, port, err := listen()
	if err != nil {
		return 0, err
	}
	return port, l.Close()
}

func address(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
