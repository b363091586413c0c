package docs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// terminal is a shell that commands are typed into, and the shells that these open:
// `helm irsa local-aws -- sh` opens one, exit closes it.
type terminal struct {
	env    []string
	shells []*shell
}

// shell is one that runs.
type shell struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// opens is what a command ends in that opens a shell.
const opens = " -- sh"

// mark begins the line that follows what a command printed: it and the exit code.
const mark = "\x1e"

// newTerminal is for a page, whose cluster is the one in its commands.
func newTerminal(t *testing.T, page string) *terminal {
	t.Helper()
	term := &terminal{env: environment(t, issuerOf(t, page))}
	term.open(t, "sh")
	t.Cleanup(func() {
		for len(term.shells) > 0 {
			term.close(t)
		}
	})
	return term
}

// open starts a shell with a command.
func (term *terminal) open(t *testing.T, command string) {
	t.Helper()
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{cmd: exec.Command("sh", "-c", "exec "+command), out: bufio.NewReader(out)}
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = root, term.env, w, w
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	term.shells = append(term.shells, s)
}

// close ends the innermost shell, and gives what it said last.
func (term *terminal) close(t *testing.T) string {
	t.Helper()
	last := len(term.shells) - 1
	s := term.shells[last]
	term.shells = term.shells[:last]
	s.in.Close()
	out, _ := io.ReadAll(s.out) // ends when the shell does
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("%v: %v\n%s", s.cmd.Args, err, out)
	}
	return string(out)
}

// run types a command, and gives what it prints and its exit code. Its stdin is empty.
func (term *terminal) run(t *testing.T, command string) (out string, code int) {
	t.Helper()
	switch {
	case command == "exit":
		return term.close(t), 0
	case strings.HasSuffix(command, opens):
		term.open(t, command)
		command = ":"
	}
	s := term.shells[len(term.shells)-1]
	stuck := time.AfterFunc(2*time.Minute, func() { _ = s.cmd.Process.Kill() })
	defer stuck.Stop()
	if _, err := fmt.Fprintf(s.in, "{ %s\n} </dev/null\nprintf '%s%%d\\n' $?\n", command, mark); err != nil {
		t.Fatalf("$ %s: the shell has ended: %v", command, err)
	}
	out, err := s.out.ReadString(mark[0])
	if err != nil {
		t.Fatalf("$ %s: the shell ended: %v\n%s", command, err, out)
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("$ %s: the shell ended: %v", command, err)
	}
	if code, err = strconv.Atoi(strings.TrimSuffix(line, "\n")); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out, mark), code
}
