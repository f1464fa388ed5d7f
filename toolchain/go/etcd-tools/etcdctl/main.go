// etcdctl's own main package has the name of its major version, and a binary is named after its package.
package main

import "go.etcd.io/etcd/etcdctl/v3/ctlv3"

func main() { ctlv3.MustStart() }
