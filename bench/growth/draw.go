//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
)

// The picture's measures.
const (
	panelWidth  = 300
	panelHeight = 220
	left, top   = 40, 46
	plotWidth   = panelWidth - left - 24
	plotHeight  = panelHeight - top - 34
)

// A panel is one diagram: a figure over the number of clients, a line for each link.
type panel struct {
	title, unit string
	of          func(p point) float64
}

var panels = []panel{
	{"CPU per echoed message", "µs", func(p point) float64 { return p.EchoUS }},
	{"CPU per delivery of a broadcast", "µs", func(p point) float64 { return p.DeliveryUS }},
	{"Memory per connection", "KiB", func(p point) float64 { return p.Bytes / 1024 }},
}

// The colours can be told apart on light ground and on dark, and by those who see few.
const style = `text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}.axis{stroke:#999}.grid{stroke:#8884}` +
	`.tcp{stroke:#0b6bcb;fill:#0b6bcb}.memory{stroke:#c2570c;fill:#c2570c}polyline{stroke-width:2;fill:none!important}text,tspan{stroke:none!important}` +
	`@media(prefers-color-scheme:dark){text{fill:#ddd}.tcp{stroke:#6cb6ff;fill:#6cb6ff}.memory{stroke:#ffa657;fill:#ffa657}}`

// draw returns the picture, as SVG.
func (r *record) draw() []byte {
	var b strings.Builder
	width, height := panelWidth*len(panels), panelHeight+22
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>Cost per message and per connection as clients become more</title>\n<style>%s</style>\n", style)
	for i := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%d)">`+"\n", i*panelWidth)
		panels[i].draw(&b, r.Points)
		b.WriteString("</g>\n")
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d"><tspan class="tcp">● TCP: CPU and RSS of the server alone</tspan>`+
		`<tspan class="memory" dx="24">● in memory, a goroutine for each: CPU of both ends, heap and stack</tspan></text>`+"\n</svg>\n", left, panelHeight+12)
	return []byte(b.String())
}

func (d *panel) draw(b *strings.Builder, points []point) {
	highest := 0.0
	for _, p := range points {
		highest = max(highest, d.of(p))
	}
	step := niceStep(highest / 4)
	y := func(v float64) float64 { return top + plotHeight - v/(4.4*step)*plotHeight }
	fmt.Fprintf(b, `<text class="title" x="%d" y="20">%s, %s</text>`+"\n", left, d.title, d.unit)
	for i := range 5 {
		v := float64(i) * step
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, left+plotWidth, y(v), y(v), left-6, y(v)+4, v)
	}
	for i, label := range []string{"100", "1,000", "10,000", "100,000"} {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x(100*math.Pow10(i)), top+plotHeight+18, label)
	}
	for _, link := range []string{"tcp", "memory"} {
		d.line(b, points, link, y)
	}
}

// line draws what was measured on one core.
func (d *panel) line(b *strings.Builder, points []point, link string, y func(float64) float64) {
	var path, marks strings.Builder
	for _, p := range points {
		v := d.of(p)
		if p.Link != link || p.Cores != 1 || v == 0 {
			continue
		}
		fmt.Fprintf(&path, "%.1f,%.1f ", x(float64(p.Clients)), y(v))
		label := y(v) - 8
		if link == "memory" && y(v) < top+plotHeight/2 { // where those of TCP may be
			label = y(v) + 18
		}
		fmt.Fprintf(&marks, `<circle class="%s" cx="%.1f" cy="%.1f" r="3"/><text class="%s" x="%.1f" y="%.1f" text-anchor="middle">%.1f</text>`+"\n",
			link, x(float64(p.Clients)), y(v), link, x(float64(p.Clients)), label, v)
	}
	fmt.Fprintf(b, `<polyline class="%s" points="%s"/>`+"\n%s", link, strings.TrimSpace(path.String()), marks.String())
}

// x is where so many clients are: decades are equally wide.
func x(clients float64) float64 {
	return left + 14 + (math.Log10(clients)-2)/3*(plotWidth-28)
}

// niceStep rounds up to a number that is easily read.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 1.5, 2, 3, 4, 5} {
		if m*power >= least {
			return m * power
		}
	}
	return 10 * power
}
