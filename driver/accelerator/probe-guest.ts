/**
 * The guest that finds out whether an accelerator can run a kernel: 304 bytes that do what kernels do and broken
 * virtualisation does not. From the reset vector through protected mode into long mode with paging; then GS base and
 * swapgs, and a thousand rounds of trap, iretq and a reload of CR3. When all came out right it ends QEMU through
 * isa-debug-exit with status 85; a real-mode probe says yes on hosts that cannot boot any kernel. From QEMU 9 on the exit
 * is only asked for and the guest runs on, so nothing may be written after it: the last status written counts.
 *
 * The left column is what runs; the right one the source it was assembled from (GNU as, AT&T). The image is loaded as the
 * firmware of machine `pc`: its 64 KiB end at 4 GiB and are seen again at 0xf0000.
 */
const listing: readonly (readonly [hex: string, source: string])[] = [
  ["", ".code16"],
  ["fa", "start: cli"],
  ["2e660f01162001", "lgdtl %cs:gdt_ptr"],
  ["0f20c0", "movl %cr0, %eax"],
  ["0c01", "orb $1, %al"],
  ["0f22c0", "movl %eax, %cr0"],
  ["66ea18000f000800", "ljmpl $0x08, $(0xf0000 + protected)"],
  ["", ".code32"],
  ["66b81000", "protected: movw $0x10, %ax"],
  ["8ed8", "movw %ax, %ds"],
  ["8ec0", "movw %ax, %es"],
  ["8ed0", "movw %ax, %ss"],
  ["fc", "cld"],
  ["bf00100000", "movl $0x1000, %edi"],
  ["b900100000", "movl $0x1000, %ecx"],
  ["31c0", "xorl %eax, %eax"],
  ["f3ab", "rep stosl"],
  ["c7050010000003200000", "movl $0x2003, 0x1000"],
  ["c7050020000003300000", "movl $0x3003, 0x2000"],
  ["bf00300000", "movl $0x3000, %edi"],
  ["b883000000", "movl $0x83, %eax"],
  ["b908000000", "movl $8, %ecx"],
  ["8907", "pages: movl %eax, (%edi)"],
  ["83c708", "addl $8, %edi"],
  ["0500002000", "addl $0x200000, %eax"],
  ["49", "decl %ecx"],
  ["75f3", "jnz pages"],
  ["c70530400000fc001800", "movl $(0x180000 + (handler - start)), 0x4030"],
  ["c70534400000008e0f00", "movl $0x000f8e00, 0x4034"],
  ["0f20e0", "movl %cr4, %eax"],
  ["0c20", "orb $0x20, %al"],
  ["0f22e0", "movl %eax, %cr4"],
  ["b800100000", "movl $0x1000, %eax"],
  ["0f22d8", "movl %eax, %cr3"],
  ["b9800000c0", "movl $0xc0000080, %ecx"],
  ["0f32", "rdmsr"],
  ["80cc01", "orb $1, %ah"],
  ["0f30", "wrmsr"],
  ["0f20c0", "movl %cr0, %eax"],
  ["0d00000080", "orl $0x80000000, %eax"],
  ["0f22c0", "movl %eax, %cr0"],
  ["eaa3000f001800", "ljmpl $0x18, $(0xf0000 + long_mode)"],
  ["", ".code64"],
  ["bc00800000", "long_mode: movl $0x8000, %esp"],
  ["0f011c2526010f00", "lidt 0xf0000+idt_ptr"],
  ["b9010100c0", "movl $0xc0000101, %ecx"],
  ["b822221111", "movl $0x11112222, %eax"],
  ["31d2", "xorl %edx, %edx"],
  ["0f30", "wrmsr"],
  ["ffc1", "incl %ecx"],
  ["b844443333", "movl $0x33334444, %eax"],
  ["0f30", "wrmsr"],
  ["0f01f8", "swapgs"],
  ["ffc9", "decl %ecx"],
  ["0f32", "rdmsr"],
  ["3d44443333", "cmpl $0x33334444, %eax"],
  ["7520", "jne failed"],
  ["bee8030000", "movl $1000, %esi"],
  ["31db", "xorl %ebx, %ebx"],
  ["cc", "traps: int3"],
  ["0f20d8", "movq %cr3, %rax"],
  ["0f22d8", "movq %rax, %cr3"],
  ["ffce", "decl %esi"],
  ["75f5", "jnz traps"],
  ["81fbe8030000", "cmpl $1000, %ebx"],
  ["7506", "jne failed"],
  ["b02a", "movb $0x2a, %al"],
  ["e6f4", "outb %al, $0xf4"],
  ["eb04", "jmp stop"],
  ["b001", "failed: movb $0x01, %al"],
  ["e6f4", "outb %al, $0xf4"],
  ["f4", "stop: hlt"],
  ["ebfd", "jmp stop"],
  ["ffc3", "handler: incl %ebx"],
  ["48cf", "iretq"],
  ["", ".balign 8"],
  ["0000000000000000", "gdt: .quad 0"],
  ["ffff0000009bcf00", ".quad 0x00cf9b000000ffff"],
  ["ffff00000093cf00", ".quad 0x00cf93000000ffff"],
  ["ffff0000009baf00", ".quad 0x00af9b000000ffff"],
  ["1f00", "gdt_ptr: .word 31"],
  ["00010f00", ".long 0xf0000+gdt"],
  ["3f00", "idt_ptr: .word 0x3f"],
  ["0040000000000000", ".quad 0x4000"],
];

/** QEMU's exit status when the guest ran to its end: (0x2a << 1) | 1. */
export const probePassedStatus = 85;

/** The firmware image: code at its beginning, a jump to it at the reset vector. */
export function probeGuestImage(): Buffer {
  const image = Buffer.alloc(64 * 1024);
  Buffer.from(listing.map(([hex]) => hex).join(""), "hex").copy(image);
  const resetVector = 0xfff0;
  image[resetVector] = 0xe9;
  image.writeUInt16LE(0x10000 - (resetVector + 3), resetVector + 1);
  return image;
}
