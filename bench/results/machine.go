package results

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what a reader needs to know to compare figures; it names no host.
type Machine struct {
	CPU, Memory, System, Go string
	Cores                   int
}

// ThisMachine asks the system; what it does not say is "unknown". goVersion is that of
// the programs which are measured.
func ThisMachine(goVersion string) Machine {
	m := Machine{CPU: "unknown", Memory: "unknown", System: runtime.GOOS + "/" + runtime.GOARCH, Go: goVersion, Cores: runtime.NumCPU()}
	if runtime.GOOS == "darwin" {
		m.CPU = cmp.Or(sysctl("machdep.cpu.brand_string"), m.CPU)
		if bytes, err := strconv.ParseFloat(sysctl("hw.memsize"), 64); err == nil {
			m.Memory = fmt.Sprintf("%.0f GB", bytes/1e9)
		}
		return m
	}
	m.CPU = cmp.Or(field("/proc/cpuinfo", "model name"), m.CPU)
	if kb, err := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64); err == nil {
		m.Memory = fmt.Sprintf("%.0f GB", kb*1024/1e9)
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.System += ", kernel " + strings.TrimSpace(string(kernel))
	}
	return m
}

// List is a Markdown list.
func (m Machine) List() string {
	return fmt.Sprintf("- CPU: %s, %d cores\n- Memory: %s\n- System: %s\n- Go: %s\n", m.CPU, m.Cores, m.Memory, m.System, m.Go)
}

// field is the first value of a key in a file of "key : value" lines.
func field(path, key string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func sysctl(name string) string {
	out, err := exec.Command("sysctl", "-n", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// GoEnv is what go env says of a variable, such as GOVERSION, in the working folder.
func GoEnv(name string) (string, error) {
	text, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return "", fmt.Errorf("asking go for %s: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}
