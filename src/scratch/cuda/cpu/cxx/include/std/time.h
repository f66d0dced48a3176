scratch_header_(time.h)
