package spec

import (
	"encoding/json"
	"strings"
	"time"
)

// Duration is a time span. irsa.yaml writes it as text such as 1h, 1h30m, 90m or
// 3600s, or as a number of seconds. Its JSON is the text.
type Duration time.Duration

// Seconds is the span in whole seconds, as the AWS APIs take it.
func (d Duration) Seconds() int { return int(time.Duration(d) / time.Second) }

// String is the span as Go writes it, such as 1h0m0s.
func (d Duration) String() string { return time.Duration(d).String() }

// Short is the span without the units that are nothing, such as 1h or 1h30m.
func (d Duration) Short() string {
	text := d.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

// MarshalJSON writes the span as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// MarshalYAML writes the span as text.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }
