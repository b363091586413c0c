package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/memory"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

// What Helm 4 takes for a plugin, and how it tells the package from its signature: by the
// titles of the layers, NAME-VERSION.tgz and that with .prov, where NAME is the last part of
// the repository (pkg/registry/plugin.go and pkg/getter/ocigetter.go of Helm 4).
const (
	pluginArtifact = "application/vnd.helm.plugin.v1+json"
	pluginName     = "irsa"
	packageLayer   = "application/vnd.oci.image.layer.v1.tar"
)

// pushPlugin sends the signed package to a repository, under its version and as latest.
func pushPlugin(ctx context.Context, dist, version, to string, plain bool) error {
	if last := to[strings.LastIndexByte(to, '/')+1:]; last != pluginName {
		return fmt.Errorf("-to %s: Helm takes the plugin's name from the last part, which has to be %s", to, pluginName)
	}
	store := memory.New()
	var layers []v1.Descriptor
	for _, name := range []string{pluginName + "-" + version + ".tgz", pluginName + "-" + version + ".tgz.prov"} {
		data, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil {
			return err
		}
		layer := content.NewDescriptorFromBytes(packageLayer, data)
		layer.Annotations = map[string]string{v1.AnnotationTitle: name}
		if err := store.Push(ctx, layer, strings.NewReader(string(data))); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		layers = append(layers, layer)
	}
	manifest, err := oras.PackManifest(ctx, store, oras.PackManifestVersion1_1, pluginArtifact, oras.PackManifestOptions{
		Layers: layers,
		// Without a time, the same package gives the same digest.
		ManifestAnnotations: map[string]string{
			v1.AnnotationCreated: "1970-01-01T00:00:00Z", v1.AnnotationVersion: version, v1.AnnotationTitle: pluginName,
			v1.AnnotationSource: source, v1.AnnotationLicenses: license, v1.AnnotationDescription: description,
		},
	})
	if err != nil {
		return err
	}
	repository, err := remote.NewRepository(to)
	if err != nil {
		return err
	}
	repository.PlainHTTP = plain
	if err := login(repository); err != nil {
		return err
	}
	for _, tag := range []string{version, "latest"} {
		if err := store.Tag(ctx, manifest, tag); err != nil {
			return err
		}
		if _, err := oras.Copy(ctx, store, tag, repository, tag, oras.DefaultCopyOptions); err != nil {
			return fmt.Errorf("sending %s:%s: %w", to, tag, err)
		}
		fmt.Printf("%s:%s@%s\n", to, tag, manifest.Digest)
	}
	return nil
}

// login uses what docker login left.
func login(repository *remote.Repository) error {
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return fmt.Errorf("reading docker's credentials: %w", err)
	}
	repository.Client = &auth.Client{Cache: auth.NewCache(), Credential: credentials.Credential(store)}
	return nil
}
