package httpapi

import (
	"io"
	"sync"

	"connectrpc.com/connect/v2"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds the memory that one compressed message can ask for before a byte of it is seen:
// what every zstd decoder has to support (RFC 8878, section 3.1.1.1.2).
const maxZstdWindow = 8 << 20

// zstdCompressor lets exporters compress batches with zstd, at a fraction of the time that gzip takes.
// Encoders and decoders are pooled: their tables are what is expensive about them.
type zstdCompressor struct {
	encoders, decoders sync.Pool
}

// Name implements connect.Compressor.
func (*zstdCompressor) Name() string { return connect.CompressionNameZstd }

// Compress implements connect.Compressor.
func (c *zstdCompressor) Compress(dst io.Writer) (io.WriteCloser, error) {
	encoder, ok := c.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		encoder, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return nil, err
		}
	}
	encoder.Reset(dst)
	return &zstdWriter{encoder, c}, nil
}

// Decompress implements connect.Compressor.
func (c *zstdCompressor) Decompress(src io.Reader) (io.ReadCloser, error) {
	decoder, ok := c.decoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		// With one thread it decodes in the caller's goroutine and leaves none behind.
		decoder, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, err
		}
	}
	if err := decoder.Reset(src); err != nil {
		return nil, err
	}
	return &zstdReader{decoder, c}, nil
}

type zstdWriter struct {
	*zstd.Encoder
	c *zstdCompressor
}

func (w *zstdWriter) Close() error {
	err := w.Encoder.Close()
	w.Reset(nil)
	w.c.encoders.Put(w.Encoder)
	return err
}

type zstdReader struct {
	*zstd.Decoder
	c *zstdCompressor
}

func (r *zstdReader) Close() error {
	err := r.Reset(nil)
	r.c.decoders.Put(r.Decoder)
	return err
}
