// Package leak measures what calls leave behind.
package leak

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const calls = 10

// Check calls f ten times. If it leaks, the count must have grown by `each` for each call, and stay so; if not, by less than half of that.
func Check(t *testing.T, leaks bool, count func() int, each int, f func()) {
	t.Helper()
	// The garbage collector would close files and connections.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	f() // what is made once is no leak
	before := settled(count, each)
	for range calls {
		f()
		time.Sleep(time.Millisecond) // what ends by itself may do so
	}
	limit := calls * each
	growth := settled(count, each) - before
	if leaks {
		if growth < limit {
			t.Errorf("%d calls leave %d more behind, not %d", calls, growth, limit)
		}
		return
	}
	for end := time.Now().Add(3 * time.Second); growth >= limit/2 && time.Now().Before(end); growth = count() - before {
		time.Sleep(10 * time.Millisecond)
	}
	if growth >= limit/2 {
		t.Errorf("%d calls leave %d more behind", calls, growth)
	}
}

// settled is what count says when it has stayed about the same for a moment.
func settled(count func() int, about int) int {
	last := count()
	for range 10 {
		time.Sleep(20 * time.Millisecond)
		now := count()
		if max(now-last, last-now) < about {
			return now
		}
		last = now
	}
	return last
}

// Named fails if Go's profile of leaked goroutines has none with the function in its stack. Go before 1.27 has no such profile.
func Named(t *testing.T, function string) {
	t.Helper()
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		return
	}
	var text strings.Builder
	if err := profile.WriteTo(&text, 1); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`/line\d+\.(\(\*?\w+\)\.)?` + function + `[.+\[]`).MatchString(text.String()) {
		t.Errorf("no goroutine in the profile has %s in its stack", function)
	}
}

// Race runs every function again and again, each on a goroutine of its own, until none moves any more, or for d. Those that are stuck stay.
func Race(d time.Duration, functions ...func()) {
	var turns atomic.Int64
	var over atomic.Bool
	for _, f := range functions {
		go func() {
			for !over.Load() {
				f()
				turns.Add(1)
			}
		}()
	}
	defer over.Store(true)
	last, still := int64(-1), 0
	for end := time.Now().Add(d); still < 6 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if now := turns.Load(); now != last {
			last, still = now, 0
		} else {
			still++
		}
	}
}

// Goroutines counts goroutines.
func Goroutines() int { return runtime.NumGoroutine() }

// Files counts open descriptors.
func Files() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(entries)
}

// Heap measures live bytes. What a sync.Pool holds is gone after the second collection.
func Heap() int {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// Temporary counts entries of the directory for temporary files.
func Temporary() int {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		panic(err)
	}
	return len(entries)
}

// Mapped counts the mappings of this process.
func Mapped() int {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	return strings.Count(string(maps), "/mapped")
}

// Zombies counts children that have ended and were not waited for.
func Zombies() (zombies int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(os.Getpid()) {
			zombies++
		}
	}
	return zombies
}

// DB is a pool of a driver that has three rows with one column each.
func DB() *sql.DB {
	db, err := sql.Open("pgx", "")
	if err != nil {
		panic(err)
	}
	return db
}

// Failing makes statements fail; Value is in each row.
var (
	Failing bool
	Value   driver.Value = int64(1)
)

func init() { sql.Register("pgx", fake{}) }

type (
	fake struct{}
	conn struct{}
	stmt struct{}
	rows struct{ n int }
	tx   struct{}
)

func (fake) Open(string) (driver.Conn, error)                             { return conn{}, nil }
func (conn) Prepare(string) (driver.Stmt, error)                          { return stmt{}, nil }
func (conn) Close() error                                                 { return nil }
func (conn) Begin() (driver.Tx, error)                                    { return tx{}, nil }
func (conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return tx{}, nil }
func (stmt) Close() error                                                 { return nil }
func (stmt) NumInput() int                                                { return -1 }
func (stmt) Query([]driver.Value) (driver.Rows, error)                    { return &rows{}, nil }
func (*rows) Columns() []string                                           { return []string{"a"} }
func (*rows) Close() error                                                { return nil }
func (tx) Commit() error                                                  { return nil }
func (tx) Rollback() error                                                { return nil }

func (stmt) Exec([]driver.Value) (driver.Result, error) {
	if Failing {
		return nil, io.ErrClosedPipe
	}
	return driver.RowsAffected(1), nil
}

func (r *rows) Next(row []driver.Value) error {
	if r.n++; r.n > 3 {
		return io.EOF
	}
	row[0] = Value
	return nil
}
