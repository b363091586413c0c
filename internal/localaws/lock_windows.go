package localaws

import (
	"errors"
	"os"
	"syscall"
)

// sharingViolation is ERROR_SHARING_VIOLATION
// (https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-).
const sharingViolation = syscall.Errno(32)

// openLocked opens a file that nobody else can open until it is closed: its share mode is 0
// but for deletion
// (https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew).
func openLocked(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const shareDelete = 4
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareDelete, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}
