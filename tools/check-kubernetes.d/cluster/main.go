// As much of a Kubernetes API as `helm template --dry-run=server` asks for: what the chart looks up with `lookup`, read from files.
//
// Usage: cluster FOLDER, where FOLDER/secrets/NAME.json and FOLDER/jobs/NAME.json are what exists. Prints its address (loopback, a free
// port) and ends when its standard input does.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

const answers = "application/json"

var discovery = map[string]string{
	"/version": `{"major": "1", "minor": "37", "gitVersion": "v1.37.0"}`,
	"/api":     `{"kind": "APIVersions", "versions": ["v1"]}`,
	"/apis": `{"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "batch",
		"versions": [{"groupVersion": "batch/v1", "version": "v1"}],
		"preferredVersion": {"groupVersion": "batch/v1", "version": "v1"}}]}`,
	"/api/v1": `{"kind": "APIResourceList", "groupVersion": "v1", "resources": [
		{"name": "secrets", "singularName": "secret", "namespaced": true, "kind": "Secret", "verbs": ["get"]}]}`,
	"/apis/batch/v1": `{"kind": "APIResourceList", "groupVersion": "batch/v1", "resources": [
		{"name": "jobs", "singularName": "job", "namespaced": true, "kind": "Job", "verbs": ["get"]}]}`,
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cluster FOLDER")
		os.Exit(2)
	}
	folder := os.Args[1]
	object := func(of string) http.HandlerFunc {
		return func(reply http.ResponseWriter, request *http.Request) {
			reply.Header().Set("Content-Type", answers)
			text, err := os.ReadFile(filepath.Join(folder, of, filepath.Base(request.PathValue("name"))+".json"))
			if err != nil {
				reply.WriteHeader(http.StatusNotFound)
				text = []byte(`{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}`)
			}
			reply.Write(text)
		}
	}
	http.HandleFunc("GET /api/v1/namespaces/{namespace}/secrets/{name}", object("secrets"))
	http.HandleFunc("GET /apis/batch/v1/namespaces/{namespace}/jobs/{name}", object("jobs"))
	for path, text := range discovery {
		http.HandleFunc("GET "+path, func(reply http.ResponseWriter, _ *http.Request) {
			reply.Header().Set("Content-Type", answers)
			io.WriteString(reply, text)
		})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go http.Serve(listener, nil)
	io.Copy(io.Discard, os.Stdin)
}
