package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
)

// printFingerprints reads a device's configuration once and prints, for each
// category, its name and fingerprint and the canonical JSON that was hashed;
// at last the fingerprint of all.
func printFingerprints(out io.Writer, logger *slog.Logger, file, name string) error {
	c, err := config.Load(file, collector.Names())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(c.Devices, func(d *config.Device) bool { return d.Name == name })
	if i < 0 {
		return fmt.Errorf("%s has no device %q; it has %s", file, name, deviceNames(c))
	}
	allowlist, err := fingerprint.Builtin()
	if err != nil {
		return err
	}
	o, err := web.DeviceOptions(c, c.Devices[i], device.Options{Allowlist: allowlist, Logger: logger})
	if err != nil {
		return err
	}
	dev, err := device.New(o)
	if err != nil {
		return err
	}
	defer dev.Close()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	buffered := bufio.NewWriter(out)
	err = writeFingerprints(ctx, buffered, dev, allowlist)
	return errors.Join(err, buffered.Flush())
}

func writeFingerprints(ctx context.Context, out *bufio.Writer, dev *device.Device, allowlist *fingerprint.Allowlist) error {
	fmt.Fprintf(out, "allowlist %d\n", allowlist.Version)
	hashes := make([]fingerprint.Fingerprint, 0, len(allowlist.Categories))
	for _, category := range allowlist.Categories {
		document, err := dev.Document(ctx, category)
		if err != nil {
			return err
		}
		hash, err := document.Fingerprint()
		if err != nil {
			return err
		}
		hashes = append(hashes, hash)
		fmt.Fprintf(out, "%s %s\n", category.Name, hash)
		if _, err := document.WriteTo(out); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	_, err := fmt.Fprintf(out, "all %s\n", fingerprint.Overall(hashes))
	return err
}

func deviceNames(c *config.Config) string {
	names := make([]string, 0, len(c.Devices))
	for _, d := range c.Devices {
		names = append(names, d.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
