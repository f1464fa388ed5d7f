// etcd's own main package is in a module that cannot be required, so this is its whole text.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
