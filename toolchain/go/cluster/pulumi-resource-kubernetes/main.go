// pulumi-resource-kubernetes serves the provider of the module from a main of our own: the module's
// main embeds files that are generated at release and are not part of what is published.
package main

import (
	"bytes"
	_ "embed"
	"os"
	"time"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

// Both files are copied here out of the module by the builder.

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	go endWithParent(os.Getppid())
	// The published schema leaves its version out; parsing 7 MB at every start only to add it
	// would cost more than the rest of the start.
	versioned := bytes.Replace(schema, []byte("{"), []byte(`{"version":"`+version.Version+`",`), 1)
	provider.Serve("kubernetes", version.Version, versioned, terraformMapping)
}

// endWithParent keeps a provider from outliving an engine that was killed.
func endWithParent(parent int) {
	for os.Getppid() == parent {
		time.Sleep(time.Second)
	}
	os.Exit(1)
}
