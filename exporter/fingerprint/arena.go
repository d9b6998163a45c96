package fingerprint

// An [arena] asks for little at first, since most menus have a handful of rows
// and a thousand routers are read at a time, and for twice as much each time
// that it was not enough.
const (
	smallestBlock = 1 << 10
	largestBlock  = 256 << 10
)

// arena keeps many small byte strings in few blocks that are never moved: a
// hundred thousand rows must not be copied over and over as they grow, nor be
// a hundred thousand objects for the garbage collector.
type arena struct{ blocks [][]byte }

// place is where a row is: in one of the blocks from start to key, and its
// sort key behind it.
type place struct{ block, start, key, end uint32 }

// keep copies a row and its sort key.
func (a *arena) keep(row, key []byte) place {
	last := len(a.blocks) - 1
	if last < 0 || cap(a.blocks[last])-len(a.blocks[last]) < len(row)+len(key) {
		size := smallestBlock
		if last >= 0 {
			size = min(2*cap(a.blocks[last]), largestBlock)
		}
		a.blocks = append(a.blocks, make([]byte, 0, max(size, len(row)+len(key))))
		last++
	}
	start := len(a.blocks[last])
	a.blocks[last] = append(append(a.blocks[last], row...), key...)
	//nolint:gosec // a block is no larger than 4 GiB: an answer of a router is bounded far below
	return place{uint32(last), uint32(start), uint32(start + len(row)), uint32(start + len(row) + len(key))}
}

func (a *arena) row(p place) []byte { return a.blocks[p.block][p.start:p.key] }

func (a *arena) sortKey(p place) []byte { return a.blocks[p.block][p.key:p.end] }
