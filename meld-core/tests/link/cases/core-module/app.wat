(component (import "x" (func)))
