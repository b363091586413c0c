package awsiam

import (
	"context"
	"reflect"
)

// LookTwice reads what there is twice, plans from one of the readings twice, and says
// in words where the plans differ, or where planning changed what it planned from.
func (s *Session) LookTwice(ctx context.Context, leaving bool, o DestroyOptions) string {
	d, seen, err := look(s, ctx, leaving)
	if err != nil {
		return ""
	}
	sameD, sameSeen, err := look(s, ctx, leaving)
	if err != nil {
		return "the second look fails: " + err.Error()
	}
	plan := func() (*Plan, error) {
		if leaving {
			return planDestroy(d, seen, o)
		}
		return planChanges(d, seen)
	}
	first, firstErr := plan()
	second, secondErr := plan()
	switch {
	case !reflect.DeepEqual(firstErr, secondErr):
		return "planning twice gives other errors"
	case !reflect.DeepEqual(first, second):
		return "planning twice gives another plan"
	case !reflect.DeepEqual(d, sameD):
		return "planning changed what is wanted"
	case !reflect.DeepEqual(seen, sameSeen):
		return "planning changed what was seen"
	}
	return ""
}
