// Package httpapi serves the API of api/v1: JSON and protobuf over HTTP, and gRPC on the same port.
//
// It holds no state and no rule. A read goes to a Reader; a write becomes one engine.Input, is given
// to a Submitter, and is answered when it is committed. A caller's tenant comes from its token and
// from nowhere else. What the engine refuses becomes an error of the caller's (invalid_argument,
// not_found, already_exists) with what to do about it; any other trouble is ours: it becomes
// `unavailable` (HTTP 503), is logged, and tells the caller to try again.
package httpapi
