// Command release sends what scripts/dist made to a registry: the signed plugin package, and
// an image with it. It is a Go module of its own, so that who uses this project downloads no
// client of registries.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

const usage = "type release plugin -dist FOLDER -version VERSION -to HOST/PATH/irsa, " +
	"or release image -dist FOLDER -version VERSION -helm linux/amd64=FILE [-helm …] [-base IMAGE] [-layout FOLDER] [-to HOST/PATH]"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("nothing to do: %s", usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	dist := flags.String("dist", "dist", "the folder that scripts/dist wrote to")
	version := flags.String("version", "", "the release's version, without a v")
	to := flags.String("to", "", "where to send it, without a tag: the tags are the version and latest")
	plain := flags.Bool("plain-http", false, "speak http with the registry")
	image := imageOptions{helms: map[string]string{}}
	flags.StringVar(&image.base, "base", "", "the image to build on; without one there is nothing but these programs and the public CAs")
	flags.StringVar(&image.layout, "layout", "", "the folder to write the image to, as an OCI layout")
	flags.Func("helm", "OS/ARCH=FILE: the Helm of a platform; may be given again", func(text string) error {
		platform, file, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("not OS/ARCH=FILE")
		}
		image.helms[platform] = file
		return nil
	})
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if *version == "" {
		return errors.New("-version is missing")
	}
	switch args[0] {
	case "plugin":
		return pushPlugin(ctx, *dist, *version, *to, *plain)
	case "image":
		image.dist, image.version, image.to, image.plain = *dist, *version, *to, *plain
		return image.run(ctx)
	}
	return fmt.Errorf("%s is no command: %s", args[0], usage)
}
