// Writes JSON schemas of the kinds that the chart uses, for kubeconform: strict ones, in which a field that nobody knows is an error.
//
// They come from Kubernetes' own Go libraries, so that nothing else has to be downloaded: the OpenAPI documents that client-go
// carries for its tests, and, for kinds that are in none of them, the Go types of k8s.io/api (these tell names and types of
// fields, not which ones are required). Usage: schemas FOLDER
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/openapi/openapitest"
)

// A kind of which a schema is written; file is kubeconform's name for it.
type kind struct{ file, path, name string }

var described = []kind{
	{"configmap-v1", "api/v1", "io.k8s.api.core.v1.ConfigMap"},
	{"persistentvolumeclaim-v1", "api/v1", "io.k8s.api.core.v1.PersistentVolumeClaim"},
	{"pod-v1", "api/v1", "io.k8s.api.core.v1.Pod"},
	{"secret-v1", "api/v1", "io.k8s.api.core.v1.Secret"},
	{"service-v1", "api/v1", "io.k8s.api.core.v1.Service"},
	{"statefulset-apps-v1", "apis/apps/v1", "io.k8s.api.apps.v1.StatefulSet"},
	{"job-batch-v1", "apis/batch/v1", "io.k8s.api.batch.v1.Job"},
}

type object = map[string]any

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: schemas FOLDER"))
	}
	folder := os.Args[1]
	paths, err := openapitest.NewEmbeddedFileClient().Paths()
	fail(err)
	for _, kind := range described {
		document, ok := paths[kind.path]
		if !ok {
			fail(fmt.Errorf("client-go carries no OpenAPI document of %s", kind.path))
		}
		text, err := document.Schema("application/json")
		fail(err)
		var openapi struct {
			Components struct{ Schemas map[string]object }
		}
		fail(json.Unmarshal(text, &openapi))
		root, ok := openapi.Components.Schemas[kind.name]
		if !ok {
			fail(fmt.Errorf("the document of %s has no %s", kind.path, kind.name))
		}
		definitions := object{}
		schema := closed(root, openapi.Components.Schemas, definitions).(object)
		schema["definitions"] = definitions
		write(folder, kind.file, schema)
	}
	write(folder, "networkpolicy-networking-v1", ofType(reflect.TypeFor[networking.NetworkPolicy]()))
}

// A copy of an OpenAPI schema in which objects have no other properties than those named.
// Schemas that it refers to are added to definitions.
func closed(schema any, all map[string]object, definitions object) any {
	switch schema := schema.(type) {
	case object:
		copy := object{}
		for key, value := range schema {
			switch key {
			case "description", "default", "format":
			case "$ref":
				name := value.(string)[len("#/components/schemas/"):]
				copy[key] = "#/definitions/" + name
				if _, known := definitions[name]; !known {
					definitions[name] = nil // for schemas that refer to themselves
					definitions[name] = closed(all[name], all, definitions)
				}
			case "properties":
				// Names of fields, not words of the schema: a field may be called "default".
				fields := object{}
				for field, of := range value.(object) {
					fields[field] = closed(of, all, definitions)
				}
				copy[key] = fields
				copy["additionalProperties"] = false
			default:
				if !strings.HasPrefix(key, "x-") {
					copy[key] = closed(value, all, definitions)
				}
			}
		}
		return copy
	case []any:
		list := make([]any, len(schema))
		for i, value := range schema {
			list[i] = closed(value, all, definitions)
		}
		return list
	default:
		return schema
	}
}

// The schema of a Go type as encoding/json writes it.
func ofType(of reflect.Type) object {
	switch of {
	case reflect.TypeFor[intstr.IntOrString]():
		return object{"type": []string{"integer", "string"}}
	case reflect.TypeFor[meta.Time](), reflect.TypeFor[meta.MicroTime]():
		return object{"type": "string"}
	case reflect.TypeFor[meta.FieldsV1]():
		return object{"type": "object"}
	}
	switch of.Kind() {
	case reflect.Pointer:
		return ofType(of.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": ofType(of.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": ofType(of.Elem())}
	case reflect.Struct:
		fields := object{}
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Anonymous && name == "" {
				maps.Copy(fields, ofType(field.Type)["properties"].(object))
			} else if name != "" && name != "-" {
				fields[name] = ofType(field.Type)
			}
		}
		return object{"type": "object", "properties": fields, "additionalProperties": false}
	default:
		fail(fmt.Errorf("no schema for the Go type %s", of))
		return nil
	}
}

// A file is there whole or not at all: a script that is interrupted must not find half a schema next time.
func write(folder, name string, schema object) {
	required, _ := schema["required"].([]any)
	for _, key := range []any{"apiVersion", "kind", "metadata"} {
		if !slices.Contains(required, key) {
			required = append(required, key)
		}
	}
	schema["required"] = required
	text, err := json.Marshal(schema)
	fail(err)
	path := filepath.Join(folder, name+".json")
	fail(os.WriteFile(path+".new", text, 0o644))
	fail(os.Rename(path+".new", path))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}
