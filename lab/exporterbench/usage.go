package exporterbench

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// usage is what a program has used since its start, the processes that it
// started itself included.
type usage struct {
	// cpu is time on a processor, in the kernel as well.
	cpu time.Duration
	// resident is memory that it holds, peak the most that it ever held.
	resident, peak uint64
	// files is how many file descriptors are open.
	files int
}

// usageOf reads the usage of a program by its process id, which is that of its
// process group too.
func usageOf(pid int) (usage, error) {
	var u usage
	processes, err := procfs.AllProcs()
	if err != nil {
		return u, fmt.Errorf("read the usage of process %d: %w", pid, err)
	}
	found := false
	for _, p := range processes {
		stat, err := p.Stat()
		if err != nil || stat.PGRP != pid {
			continue // ended meanwhile, or somebody else's
		}
		if err := u.add(p, stat); err != nil {
			if p.PID == pid {
				return u, fmt.Errorf("read the usage of process %d: %w", pid, err)
			}
			continue
		}
		found = found || p.PID == pid
	}
	if !found {
		return u, fmt.Errorf("read the usage of process %d: it has ended", pid)
	}
	return u, nil
}

func (u *usage) add(p procfs.Proc, stat procfs.ProcStat) error {
	var spent unix.Timespec
	if err := unix.ClockGettime(cpuClock(p.PID), &spent); err != nil {
		return fmt.Errorf("its CPU clock: %w", err)
	}
	status, err := p.NewStatus()
	if err != nil {
		return err
	}
	files, err := p.FileDescriptorsLen()
	if err != nil {
		return err
	}
	const tick = time.Second / 100 // of the kernel's older counters: USER_HZ
	u.cpu += time.Duration(spent.Nano()) + time.Duration(stat.CUTime+stat.CSTime)*tick
	u.resident += status.VmRSS
	u.peak += status.VmHWM
	u.files += files
	return nil
}

// cpuClock is the clock that runs while a process does: exact to the
// nanosecond, whereas /proc counts in hundredths of a second. It is how
// clock_getcpuclockid(3) makes it.
func cpuClock(pid int) int32 {
	const scheduled = 2 // CPUCLOCK_SCHED
	return int32(^pid)<<3 | scheduled
}
