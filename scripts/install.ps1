# The plugin's install and update hook for Windows; see install.sh, which says what it does.
$ErrorActionPreference = 'Stop'
$dir = Split-Path -Parent $PSScriptRoot
Set-Location $dir

function Fail($text, $hint) {
    [Console]::Error.WriteLine("helm-irsa: error: installing the plugin: $text")
    if ($hint) { [Console]::Error.WriteLine("helm-irsa: hint: $hint") }
    exit 1
}

# Check: a file is what a file of sums says of a name, which has exactly one line: 64
# hexadecimal digits, a blank, a blank or an asterisk, the name.
function Check($sums, $name, $file) {
    $lines = @(Get-Content -LiteralPath $sums | Where-Object { $_ -cmatch '^[0-9a-f]{64} [ *]' -and $_.Substring(66) -ceq $name })
    if ($lines.Count -ne 1) {
        Fail "$sums has no line for $name, or more than one" 'fetch the archive again'
    }
    if (-not (Test-Path -PathType Leaf -LiteralPath $file)) {
        Fail "$file is no file" 'fetch the archive again'
    }
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $lines[0].Substring(0, 64)) {
        Fail "$file does not match $sums" 'fetch it again; do not use this one'
    }
}

# Fetch comes by https, but for a server on this machine.
function Fetch($name, $into) {
    $url = "$source/$name"
    if ($url -cnotmatch '^https://[^@?#\s\\]+$' -and $url -cnotmatch '^http://(127\.0\.0\.1|localhost)[:/][^@?#\s\\]*$') {
        Fail "HELM_IRSA_DOWNLOAD_URL is not an https URL without user and query: $source" 'set it to https://HOST/FOLDER'
    }
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    try { Invoke-WebRequest -UseBasicParsing -Uri $url -OutFile $into } catch { Fail "fetching $url failed: $_" }
}

function Download() {
    if ($env:HELM_IRSA_KEYRING -and -not (Test-Path ARCHIVES.sha256)) {
        Fail 'HELM_IRSA_KEYRING is set, and signatures of SHA256SUMS are not checked on Windows' 'install the signed package instead: helm plugin install oci://ghcr.io/helm-irsa/irsa'
    }
    $archive = "helm-irsa-$version-windows-amd64.tar.gz"
    $tmp = Join-Path $dir ('.install.' + [IO.Path]::GetRandomFileName())
    New-Item -ItemType Directory $tmp | Out-Null
    try {
        $sums = 'ARCHIVES.sha256'
        if (-not (Test-Path $sums)) {
            $sums = Join-Path $tmp 'SHA256SUMS'
            Fetch 'SHA256SUMS' $sums
        }
        Fetch $archive (Join-Path $tmp $archive)
        Check $sums $archive (Join-Path $tmp $archive)
        # tar.exe is a part of Windows since version 1803.
        & "$env:SystemRoot\System32\tar.exe" -xzf (Join-Path $tmp $archive) -C $tmp helm-irsa/bin
        if ($LASTEXITCODE -ne 0) { Fail "$archive does not hold the programs" }
        New-Item -ItemType Directory -Force bin | Out-Null
        Get-ChildItem (Join-Path $tmp 'helm-irsa\bin') -Filter *.exe | Move-Item -Force -Destination bin
    } finally {
        Remove-Item -Recurse -Force $tmp
    }
}

$version = (Get-Content plugin.yaml | Where-Object { $_ -match '^version:' }) -replace '^version: *', ''
$source = "https://github.com/helm-irsa/helm-irsa/releases/download/v$version"
if (Test-Path env:HELM_IRSA_DOWNLOAD_URL) { $source = $env:HELM_IRSA_DOWNLOAD_URL }

if (Test-Path SHA256SUMS) {
    if (-not (Test-Path bin/helm-irsa.exe)) { Fail "$dir\bin\helm-irsa.exe is not there" 'fetch the archive again' }
    foreach ($program in Get-ChildItem bin -File) {
        Check 'SHA256SUMS' "bin/$($program.Name)" $program.FullName
    }
    foreach ($line in Get-Content SHA256SUMS) {
        if ($line -cmatch '[ *](bin/[^/]+)$' -and -not (Test-Path -LiteralPath $Matches[1])) {
            Fail "$dir\$($Matches[1]) is not there, and SHA256SUMS names it" 'fetch the archive again'
        }
    }
} elseif (Test-Path ARCHIVES.sha256) {
    Download
} elseif ((Test-Path go.mod) -and (Get-Command go -ErrorAction SilentlyContinue)) {
    New-Item -ItemType Directory -Force bin | Out-Null
    $env:CGO_ENABLED = "0" # as releases are built
    go build -trimpath -ldflags "-s -w -X main.version=v$version" -o bin/ ./cmd/...
    if ($LASTEXITCODE -ne 0) { Fail "go build ./cmd/... failed in $dir" }
} else {
    Download
}

& bin/helm-irsa.exe version | Out-Null
if ($LASTEXITCODE -ne 0) { Fail "$dir\bin\helm-irsa.exe does not run here" }
