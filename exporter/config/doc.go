// Package config reads the exporter's configuration file.
package config
