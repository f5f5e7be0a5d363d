# The two commands of the README are `make undercloud` and `make test`. Both work on a fresh Debian 12 or Ubuntu 24.04
# with Rust and root, with or without systemd: they install what they need with apt, build first.

.DELETE_ON_ERROR:
.PHONY: help deps test-deps build undercloud test lint bench soak corpus fuzz reference

# To build: a linker and libvirt's headers.
BUILD_PACKAGES = gcc libc6-dev make pkg-config libvirt-dev
# To run: libvirt with its emulator and DHCP server, what makes the image, and the ssh client.
RUN_PACKAGES = libvirt-daemon libvirt-daemon-driver-qemu dnsmasq-base iptables iproute2 \
	qemu-system-x86 qemu-utils mmdebstrap e2fsprogs openssh-client python3 python3-libvirt python3-venv python3-pip sudo
# To test: real Ansible comes from the Python registry into target/; sshd and virsh are independent observers.
TEST_PACKAGES = openssh-server openssl selinux-utils libvirt-clients cpio fdisk unzip xfsprogs xz-utils zip zstd ipxe-qemu git iptables busybox dropbear-bin fish tcsh debconf-utils ipmitool python3-apt python3-debian python3-lxml subversion gnupg lz4 ovmf

WARP = target/release/warp

help:
	@echo 'make undercloud   install what is needed, build, deploy an undercloud VM'
	@echo 'make test         install what is needed, build, run every test'
	@echo 'make build        build target/release/warp'
	@echo 'make bench        compare with real Ansible and libguestfs, as ratios'
	@echo 'make soak         made-up plays and templates beside Ansible (PARITY_SECONDS, PARITY_SEED), cut links (CUTS), kill plays (SOAK_PLAYS, SOAK_SEED) and deployments'
	@echo 'make corpus DIR=...  load the playbooks of the checkouts in DIR beside real Ansible'
	@echo 'make fuzz          give each reader of texts and images SECONDS=600 of what nobody meant'
	@echo 'make lint         rustfmt and clippy'
	@echo 'make reference    write docs/reference anew from the tables of the modules'

deps:
	@.ci/apt $(BUILD_PACKAGES) $(RUN_PACKAGES)

test-deps:
	@.ci/apt $(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)

build: deps
	cargo build --release --locked

undercloud: build
	$(WARP) deploy undercloud

lint: deps
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --release --locked -- -D warnings

# The agent's tests compare with the Ansible that the parity test, which cargo runs before them, has installed.
test: test-deps lint build
	WARP_ORACLE_PYTHON=$(CURDIR)/target/tmp/oracle/venv/bin/python \
		cargo test --workspace --release --locked --no-fail-fast

bench: test-deps build
	cargo test --release --locked --test bench
	@.ci/apt libguestfs-tools
	cargo test --release --locked --test bench_images

soak: test-deps build
	PARITY_SEED=$${PARITY_SEED:-$$(date +%s)} PARITY_SECONDS=$${PARITY_SECONDS:-600} \
		cargo test --release --locked --test parity generated -- --include-ignored --nocapture --test-threads 1
	cargo test --release --locked --test connect two_hundred_blows -- --include-ignored --nocapture
	cargo test --release --locked --test soak -- --nocapture
	cargo test --release --locked --test injection every_kind -- --include-ignored --nocapture
	cargo test --release --locked --test undercloud an_undercloud_gets -- --include-ignored --nocapture
	SECONDS=60 FUZZ_ONLY=command_line cargo test --release --locked --test fuzz -- --nocapture

corpus: test-deps build
	CORPUS=$(abspath $(DIR)) cargo test --release --locked --test corpus -- --nocapture

fuzz: build
	SECONDS=$(or $(SECONDS),600) cargo test --release --locked --test fuzz -- --nocapture

reference:
	cargo run --quiet --bin warp -- doc --reference docs/reference
