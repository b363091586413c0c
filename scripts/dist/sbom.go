package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// cyclonedx reads what Go wrote into a program: the modules that it was linked from, which
// are the same on all platforms but for a few of the standard library's own.
const cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// boms writes a CycloneDX document for each program.
func boms(out, version string, built []program, all sums) error {
	tmp, err := os.MkdirTemp("", "helm-irsa-sbom-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for _, p := range built {
		file := filepath.Join(tmp, p.file)
		if err := os.WriteFile(file, p.data, 0o755); err != nil {
			return err
		}
		name := fmt.Sprintf("%s-%s.cdx.json", p.name, version)
		// Without serial number, which is random; the document has no time either.
		cmd := exec.Command("go", "run", cyclonedx, "bin", "-json", "-noserial", "-version", "v"+version, "-output", filepath.Join(tmp, name), file)
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cyclonedx-gomod bin %s: %w\n%s", p.file, err, said)
		}
		data, err := os.ReadFile(filepath.Join(tmp, name))
		if err != nil {
			return err
		}
		if err := all.write(out, name, data); err != nil {
			return err
		}
	}
	return nil
}
