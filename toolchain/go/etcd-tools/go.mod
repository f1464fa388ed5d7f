module agentic-flow/toolchain/etcd-tools

go 1.25.0

require (
	go.etcd.io/etcd/etcdctl/v3 v3.6.8
	go.etcd.io/etcd/etcdutl/v3 v3.6.8
)
