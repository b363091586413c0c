// Package conformance holds internal/localaws against moto_server, an independent
// emulator of AWS (https://docs.getmoto.org): the same scenarios, made of calls of
// the AWS SDK, must come out alike. Where moto is known to differ from AWS, the
// table in differences_test.go says how, and fails once it no longer does.
package conformance
