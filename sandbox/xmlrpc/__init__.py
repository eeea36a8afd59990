"""The XML-RPC face of the sandbox: reading requests, writing replies, keys, dispatch."""
