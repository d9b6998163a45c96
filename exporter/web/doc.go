// Package web is the exporter as HTTP sees it: probes, its own metrics,
// service discovery, health, reload and a landing page.
package web
