//! Whether this machine can really run guests by KVM.
//!
//! That /dev/kvm opens and that libvirt lists it proves nothing: under some hypervisors each instruction of a guest is
//! emulated by the kernel, so that firmware starts and an operating system never does. So something is run, with a
//! time limit: a boot sector that counts, which takes a processor milliseconds and such an emulator half a minute.

use super::manifest::DomainType;
use super::{Lab, libvirt};
use crate::error::{Error, Result};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long the boot sector may take, firmware included: about half a second where KVM works.
const LIMIT: Duration = Duration::from_secs(8);

/// The status with which qemu ends when the guest writes 0x10 to its debug-exit port: twice that, plus one.
const REACHED: i32 = 0x10 * 2 + 1;

/// Real-mode code, loaded at 0x7c00 and started by the firmware.
const COUNT_AND_EXIT: [u8; 19] = [
    0x66, 0xb9, 0x00, 0x2d, 0x31, 0x01, // mov ecx, 20000000
    0x66, 0x49, // again: dec ecx
    0x75, 0xfc, // jnz again
    0xba, 0xf4, 0x00, // mov dx, 0xf4
    0xb0, 0x10, // mov al, 0x10
    0xee, // out dx, al
    0xf4, // hlt
    0xeb, 0xfd, // jmp to the hlt
];

impl Lab {
    /// What this machine can run, found out once for a lab. Blocks.
    ///
    /// # Errors
    /// qemu is missing or does not start.
    pub fn domain_type(&self) -> Result<DomainType> {
        if let Some(known) = self.store.get().domain_type {
            return Ok(known);
        }
        let found = match if self.virthost().is_some() { Kvm::Forbidden } else { kvm()? } {
            Kvm::Absent | Kvm::Fails => DomainType::Qemu,
            Kvm::Works => DomainType::Kvm,
            // Only libvirt's daemon may use it, so its word is all there is.
            Kvm::Forbidden => self.daemon_says()?,
        };
        self.store.update(|m| m.domain_type = Some(found))?;
        Ok(found)
    }

    /// What was found before.
    #[must_use]
    pub fn known_domain_type(&self) -> Option<DomainType> {
        self.store.get().domain_type
    }

    fn daemon_says(&self) -> Result<DomainType> {
        let connect = self.connect()?;
        match connect.domain_capabilities(None, Some("x86_64"), None, Some("kvm"), 0) {
            Ok(_) => Ok(DomainType::Kvm),
            Err(e) if e.code().is(virt::error::ErrorNumber::InvalidArg) => Ok(DomainType::Qemu),
            Err(e) => Err(libvirt::error("cannot ask libvirt for its capabilities", &e)),
        }
    }
}

/// What KVM is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kvm {
    /// There is no such device.
    Absent,
    /// Others may open the device, or those of another machine.
    Forbidden,
    /// A guest ran under it.
    Works,
    /// The device is there, and a guest did not run.
    Fails,
}

/// Tries KVM, once for a process: where it does not work, that takes as long as the limit. Blocks.
///
/// # Errors
/// qemu is missing or does not start.
pub(super) fn kvm() -> Result<Kvm> {
    static FOUND: OnceLock<Kvm> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(*found);
    }
    tried().map(|found| *FOUND.get_or_init(|| found))
}

fn tried() -> Result<Kvm> {
    match std::fs::OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        Ok(_) if kvm_works()? => Ok(Kvm::Works),
        Ok(_) => Ok(Kvm::Fails),
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Ok(Kvm::Forbidden),
        // No such file, or no such device behind it.
        Err(_) => Ok(Kvm::Absent),
    }
}

fn kvm_works() -> Result<bool> {
    let failed = |e: std::io::Error| Error::other(format!("cannot try KVM: {e}"));
    let mut disk = tempfile::NamedTempFile::new().map_err(failed)?;
    disk.write_all(&boot_sector()).map_err(failed)?;
    boots(disk.path()).map_err(|e| {
        Error::other(format!("cannot run qemu-system-x86_64 to try KVM: {e}"))
            .help("apt-get install qemu-system-x86, or set libvirt_domain_type")
    })
}

fn boot_sector() -> Vec<u8> {
    let mut sector = COUNT_AND_EXIT.to_vec();
    sector.resize(510, 0);
    sector.extend([0x55, 0xaa]);
    sector
}

fn boots(disk: &Path) -> std::io::Result<bool> {
    let mut qemu = Command::new("qemu-system-x86_64")
        .args(["-accel", "kvm", "-cpu", "host", "-machine", "pc", "-m", "16"])
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-serial", "none"])
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=1"])
        // The path is given apart from the options: a comma in it would end it.
        .args(["-drive", "if=ide,format=raw,id=d"])
        .args(["-set".into(), format!("drive.d.file={}", disk.display())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = qemu.try_wait()? {
            return Ok(status.code() == Some(REACHED));
        }
        if Instant::now() >= deadline {
            qemu.kill()?;
            qemu.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
