package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// inDir finds a file that is named relative to the configuration file.
func inDir(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// readBounded reads a file of so many bytes at most: somebody may name a disk.
func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: let the user that the exporter runs as read it", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s is larger than %d bytes: is it the right file?", name, most)
	}
	return text, err
}

// maxSecret is more than any password or token has, in bytes.
const maxSecret = 4 << 10

// readSecret reads a file whose one line is a secret. An empty file is more
// likely a mistake than an empty password. No error has anything of what the
// file holds.
func readSecret(name string) (string, error) {
	raw, err := readBounded(name, maxSecret)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(raw), "\r\n")
	switch {
	case text == "":
		return "", fmt.Errorf("%s is empty", name)
	case strings.ContainsAny(text, "\r\n"):
		return "", fmt.Errorf("%s has more than one line", name)
	}
	return text, nil
}
