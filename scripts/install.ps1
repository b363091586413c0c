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
    foreach ($line in Get-Content SHA256SUMS) {
        $sum, $file = $line -split '  ', 2
        if ((Get-FileHash -Algorithm SHA256 $file).Hash -ne $sum) {
            Fail "$dir\$file does not match SHA256SUMS" 'fetch the archive again'
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
