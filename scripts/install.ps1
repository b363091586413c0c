# The plugin's install and update hook for Windows; see install.sh, which says what it does.
$ErrorActionPreference = 'Stop'
$dir = Split-Path -Parent $PSScriptRoot
Set-Location $dir

function Fail($text, $hint) {
    [Console]::Error.WriteLine("helm-irsa: error: installing the plugin: $text")
    if ($hint) { [Console]::Error.WriteLine("helm-irsa: hint: $hint") }
    exit 1
}

$programs = 'helm-irsa', 'irsa-post-renderer'
if (Test-Path SHA256SUMS) {
    # Each program has exactly one line: 64 hexadecimal digits, a blank, a blank or an
    # asterisk, the name. SHA256SUMS is not signed.
    $lines = @(Get-Content SHA256SUMS)
    foreach ($program in $programs) {
        $file = "bin/$program.exe"
        $sums = @($lines | Where-Object { $_ -cmatch '^[0-9a-f]{64} [ *]' -and $_.Substring(66) -ceq $file })
        if ($sums.Count -ne 1) {
            Fail "$dir\SHA256SUMS has no line for $file, or more than one" 'fetch the archive again'
        }
        if (-not (Test-Path -PathType Leaf $file)) {
            Fail "$dir\$file is no file" 'fetch the archive again'
        }
        if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $sums[0].Substring(0, 64)) {
            Fail "$dir\$file does not match SHA256SUMS" 'fetch it again; do not use this one'
        }
    }
} elseif ((Test-Path go.mod) -and (Get-Command go -ErrorAction SilentlyContinue)) {
    $version = 'v' + ((Get-Content plugin.yaml | Where-Object { $_ -match '^version:' }) -replace '^version: *', '')
    foreach ($program in $programs) {
        go build -trimpath -ldflags "-s -w -X main.version=$version" -o "bin/$program.exe" "./cmd/$program"
        if ($LASTEXITCODE -ne 0) { Fail "go build ./cmd/$program failed in $dir" }
    }
} else {
    foreach ($program in $programs) {
        if (-not (Test-Path "bin/$program.exe")) {
            Fail "no binary in $dir\bin, and no Go to build one" 'install Go, or install from an archive of make dist'
        }
    }
}

& bin/helm-irsa.exe version | Out-Null
if ($LASTEXITCODE -ne 0) { Fail "$dir\bin\helm-irsa.exe does not run here" }
