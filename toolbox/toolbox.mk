# The toolbox image: Debian packages relocated to /dev (toolbox/build says how), with our joiner inside.
$(B)/relocate: $(wildcard toolbox/relocate*.c) toolbox/relocate.h Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) -lbsd
$(IMAGE): $(B)/relocate $(B)/debug-joiner toolbox/build toolbox/packages $(wildcard toolbox/etc/* toolbox/nss_toolbox.c)
	@mkdir -p $(@D)
	toolbox/build --relocate $(B)/relocate --cache $(CACHE) --output $@ --compress $(COMPRESS) \
		--add $(B)/debug-joiner=libexec/debug-joiner
