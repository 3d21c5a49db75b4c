package metrics

import (
	"reflect"
	"testing"

	"socketio"
)

// whatIsShown returns all values that figures read from stats.
func whatIsShown(stats *socketio.Stats) (values []float64) {
	for _, f := range figures {
		f.read(stats, func(value float64, _ ...string) { values = append(values, value) })
	}
	return values
}

// notShown are fields of Stats that others tell about.
var notShown = map[string]string{
	"MessagesIn":    "socket_io_events_received_total",
	"MessagesOut":   "socket_io_events_sent_total",
	"OldestDropped": "", "Held": "", "AcksUnwanted": "", "Expired": "",
}

// Whoever adds a counter to Stats decides whether Prometheus gets it.
func TestAllThatIsCountedIsShown(t *testing.T) {
	none := whatIsShown(new(socketio.Stats))
	check := func(name string, set func(all *socketio.Stats)) {
		stats := new(socketio.Stats)
		set(stats)
		_, hidden := notShown[name]
		if shown := whatIsShown(stats); reflect.DeepEqual(shown, none) != hidden {
			t.Errorf("Stats.%s: hidden %v, listed as hidden %v", name, !hidden, hidden)
		}
	}
	for _, of := range []func(*socketio.Stats) reflect.Value{
		func(s *socketio.Stats) reflect.Value { return reflect.ValueOf(s).Elem() },
		func(s *socketio.Stats) reflect.Value { return reflect.ValueOf(&s.Stats).Elem() },
	} {
		for field := range of(new(socketio.Stats)).Fields() {
			if field.Anonymous {
				continue
			}
			check(field.Name, func(all *socketio.Stats) { fill(of(all).FieldByName(field.Name)) })
		}
	}
}

// fill gives a field of Stats a value that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString("reason")
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	default:
		panic("Stats has a field of a new kind: " + v.Kind().String())
	}
}
