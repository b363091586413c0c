package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
)

// awsOffers runs `aws-offers COMMAND` where S3 has two buckets, and Route 53 refuses whoever asks
// without a signature for us-east-1.
func awsOffers(command []string) int {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signature := r.Header.Get("Authorization")
		switch {
		case r.URL.Path == "/" && strings.Contains(signature, "/eu-west-3/s3/aws4_request"):
			fmt.Fprint(w, `<ListAllMyBucketsResult><Buckets><Bucket><Name>shop-images</Name></Bucket><Bucket><Name>shop-logs</Name></Bucket></Buckets></ListAllMyBucketsResult>`)
		case r.URL.Path == "/2013-04-01/hostedzone" && strings.Contains(signature, "/us-east-1/route53/aws4_request"):
			fmt.Fprint(w, `<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z0000000001</Id><Name>example.org.</Name></HostedZone><HostedZone><Id>/hostedzone/Z0000000002</Id><Name>example.com.</Name></HostedZone></HostedZones></ListHostedZonesResponse>`)
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), "AWS_ENDPOINT_URL_S3="+server.URL, "AWS_ENDPOINT_URL_ROUTE_53="+server.URL, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=no-secret",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_ENDPOINT_URL="+server.URL+"/none")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	var exit *exec.ExitError
	if err := c.Run(); errors.As(err, &exit) {
		return exit.ExitCode()
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "aws-offers:", err)
		return 98
	}
	return 0
}
