/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What containerd 1.6 answered, as `containerd-ask --record` printed it; with any request where there is the
 * name of a lease in it.  The images were made by tests/images/oci. */
#ifndef DEBUG_CONTAINERD_RECORDED_H
#define DEBUG_CONTAINERD_RECORDED_H

#include "grpc_server.h"

/* Container `stopped`, of an image of three layers. */
static const struct grpc_row recorded_stopped[] = {
	{ "namespaces.v1.Namespaces/List", "", "", 0, 0,
	  "\000\000\000\000\025\012\011\012\007default\012\010\012\006k8s.io", 26 },
	{ "containers.v1.Containers/List", "default",
	  "\012\016id~=\"^stopped\"\012 labels.\"nerdctl/name\"==\"stopped\"\0120labels.\"io.kubernetes.container.name\"==\"stopped\""
	  "\012*labels.\"io.kubernetes.pod.name\"==\"stopped\"",
	  144, 0,
	  "\000\000\000\014\250\012\245\031\012@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0220\012&io.contain"
	  "erd.image.config.stop-signal\022\006SIGINT\022\027\012\014nerdctl/name\022\007stopped\032\036docker.io/library/three:late"
	  "st\"5\012\025io.containerd.runc.v2\022\034\012\032containerd.runc.v1.Options*\325\026\0126types.containerd.io/opencontain"
	  "ers/runtime-spec/1/Spec\022\232\026{\"ociVersion\":\"1.0.2-dev\",\"process\":{\"user\":{\"uid\":65532,\"gid\":0,\"additio"
	  "nalGids\":[0]},\"args\":[\"/app/server\",\"sleep\",\"1000\"],\"env\":[\"A=b\",\"C=d\"],\"cwd\":\"/app\",\"capabilities\":"
	  "{\"bounding\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_SETGI"
	  "D\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_W"
	  "RITE\"],\"effective\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"C"
	  "AP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP"
	  "_AUDIT_WRITE\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_R"
	  "AW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL"
	  "\",\"CAP_AUDIT_WRITE\"]},\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":true}"
	  ",\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":"
	  "[\"nosuid\",\"noexec\",\"nodev\"]},{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosui"
	  "d\",\"strictatime\",\"mode=755\",\"size=65536k\"]},{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\""
	  ",\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]},{\"destination\":\"/dev/s"
	  "hm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},{"
	  "\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	  "{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},{"
	  "\"destination\":\"/run\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"s"
	  "ize=65536k\"]}],\"annotations\":{\"nerdctl/name\":\"stopped\"},\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\""
	  "access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c"
	  "\",\"major\":1,\"minor\":8,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":7,\"access\":\"rwm\"}"
	  ",{\"allow\":true,\"type\":\"c\",\"major\":5,\"minor\":0,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\""
	  "minor\":5,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":9,\"access\":\"rwm\"},{\"allow\":true,"
	  "\"type\":\"c\",\"major\":5,\"minor\":1,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":136,\"access\":\"rwm\""
	  "},{\"allow\":true,\"type\":\"c\",\"major\":5,\"minor\":2,\"access\":\"rwm\"}]},\"cgroupsPath\":\"/default/0123456789abcde"
	  "f0123456789abcdef0123456789abcdef0123456789abcdef\",\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"uts"
	  "\"},{\"type\":\"mount\"},{\"type\":\"network\"}],\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc"
	  "/keys\",\"/proc/latency_stats\",\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/pro"
	  "c/scsi\"],\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}2\011overla"
	  "yfs:@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefB\014\010\325\226\224\330\006\020\231\345\342\374\002"
	  "J\014\010\325\226\224\330\006\020\231\345\342\374\002",
	  3245 },
	{ "containers.v1.Containers/List", "k8s.io",
	  "\012\016id~=\"^stopped\"\012 labels.\"nerdctl/name\"==\"stopped\"\0120labels.\"io.kubernetes.container.name\"==\"stopped\""
	  "\012*labels.\"io.kubernetes.pod.name\"==\"stopped\"",
	  144, 0, "\000\000\000\000\000", 5 },
	{ "containers.v1.Containers/Get", "default",
	  "\012@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 66, 0,
	  "\000\000\000\014\250\012\245\031\012@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\022\027\012\014nerd"
	  "ctl/name\022\007stopped\0220\012&io.containerd.image.config.stop-signal\022\006SIGINT\032\036docker.io/library/three:late"
	  "st\"5\012\025io.containerd.runc.v2\022\034\012\032containerd.runc.v1.Options*\325\026\0126types.containerd.io/opencontain"
	  "ers/runtime-spec/1/Spec\022\232\026{\"ociVersion\":\"1.0.2-dev\",\"process\":{\"user\":{\"uid\":65532,\"gid\":0,\"additio"
	  "nalGids\":[0]},\"args\":[\"/app/server\",\"sleep\",\"1000\"],\"env\":[\"A=b\",\"C=d\"],\"cwd\":\"/app\",\"capabilities\":"
	  "{\"bounding\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_SETGI"
	  "D\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP_AUDIT_W"
	  "RITE\"],\"effective\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_RAW\",\"C"
	  "AP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\",\"CAP"
	  "_AUDIT_WRITE\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\",\"CAP_MKNOD\",\"CAP_NET_R"
	  "AW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\",\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL"
	  "\",\"CAP_AUDIT_WRITE\"]},\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":true}"
	  ",\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":"
	  "[\"nosuid\",\"noexec\",\"nodev\"]},{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosui"
	  "d\",\"strictatime\",\"mode=755\",\"size=65536k\"]},{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\""
	  ",\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]},{\"destination\":\"/dev/s"
	  "hm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},{"
	  "\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	  "{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},{"
	  "\"destination\":\"/run\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"s"
	  "ize=65536k\"]}],\"annotations\":{\"nerdctl/name\":\"stopped\"},\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\""
	  "access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c"
	  "\",\"major\":1,\"minor\":8,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":7,\"access\":\"rwm\"}"
	  ",{\"allow\":true,\"type\":\"c\",\"major\":5,\"minor\":0,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\""
	  "minor\":5,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":9,\"access\":\"rwm\"},{\"allow\":true,"
	  "\"type\":\"c\",\"major\":5,\"minor\":1,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":136,\"access\":\"rwm\""
	  "},{\"allow\":true,\"type\":\"c\",\"major\":5,\"minor\":2,\"access\":\"rwm\"}]},\"cgroupsPath\":\"/default/0123456789abcde"
	  "f0123456789abcdef0123456789abcdef0123456789abcdef\",\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"uts"
	  "\"},{\"type\":\"mount\"},{\"type\":\"network\"}],\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc"
	  "/keys\",\"/proc/latency_stats\",\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/pro"
	  "c/scsi\"],\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}2\011overla"
	  "yfs:@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefB\014\010\325\226\224\330\006\020\231\345\342\374\002"
	  "J\014\010\325\226\224\330\006\020\231\345\342\374\002",
	  3245 },
	{ "tasks.v1.Tasks/Get", "default",
	  "\012@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 66, 5, "", 0 },
	{ "snapshots.v1.Snapshots/Mounts", "default",
	  "\012\011overlayfs\022@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 77, 0,
	  "\000\000\000\001\262\012\257\003\012\007overlay\022\007overlay\"\011index=off\"Sworkdir=/var/lib/containerd/io.containerd"
	  ".snapshotter.v1.overlayfs/snapshots/7/work\"Rupperdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshot"
	  "s/7/fs\"\346\001lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs:/var/lib/containerd/io"
	  ".containerd.snapshotter.v1.overlayfs/snapshots/2/fs:/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/"
	  "1/fs",
	  439 },
};

/* A task that runs, as process 31133, and one that is paused, as 31182. */
static const struct grpc_row recorded_running[] = {
	{ "tasks.v1.Tasks/Get", "default", NULL, SIZE_MAX, 0,
	  "\000\000\000\000\236\012\233\001\022\003box\030\235\363\001 \002*)/run/containerd/fifo/1983939234/box-stdin2*/run/contain"
	  "erd/fifo/1983939234/box-stdout:*/run/containerd/fifo/1983939234/box-stderrR\013\010\200\222\270\303\230\376\377\377\377\001",
	  163 },
};

static const struct grpc_row recorded_paused[] = {
	{ "tasks.v1.Tasks/Get", "default", NULL, SIZE_MAX, 0,
	  "\000\000\000\000\244\012\241\001\022\006frozen\030\316\363\001 \004**/run/containerd/fifo/51158211/frozen-stdin2+/run/con"
	  "tainerd/fifo/51158211/frozen-stdout:+/run/containerd/fifo/51158211/frozen-stderrR\013\010\200\222\270\303\230\376\377\377"
	  "\377\001",
	  169 },
};

/* Image registry.example:5000/one:1, which no container uses. */
static const struct grpc_row recorded_view[] = {
	{ "images.v1.Images/Get", "default", "\012\033registry.example:5000/one:1", 29, 0,
	  "\000\000\000\000\355\012\352\001\012\033registry.example:5000/one:1\032\256\001\012'application/vnd.oci.image.index.v1+js"
	  "on\022Gsha256:8f6eb6c46c0f4ea6c78abc707c4527048e96ab84764fa17ffb789629b23fe5f3\030\242\002*7\012\030io.containerd.image.n"
	  "ame\022\033registry.example:5000/one:1:\014\010\302\226\224\330\006\020\233\314\346\242\001B\014\010\302\226\224\330\006\020"
	  "\233\314\346\242\001",
	  242 },
	{ "content.v1.Content/Read", "default",
	  "\012Gsha256:8f6eb6c46c0f4ea6c78abc707c4527048e96ab84764fa17ffb789629b23fe5f3", 73, 0,
	  "\000\000\000\001%\022\242\002{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\""
	  ":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:4b7a0f1e58a2d917a5f974d85117003e57c3e"
	  "6f86a96d938afb974f0dce7aa33\",\"size\":401,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}\012",
	  298 },
	{ "content.v1.Content/Read", "default",
	  "\012Gsha256:4b7a0f1e58a2d917a5f974d85117003e57c3e6f86a96d938afb974f0dce7aa33", 73, 0,
	  "\000\000\000\001\224\022\221\003{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"confi"
	  "g\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:421bc5ecefa0d7f4bf8c516185a5b65855ccf"
	  "5b0344c96a522f0bf18b25593a7\",\"size\":185},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"diges"
	  "t\":\"sha256:e54c1c0e7ce3fdea3fc7d71b1d0f667ae25c7b253151a950cb47b5ea922a541e\",\"size\":1986560}]}\012",
	  409 },
	{ "content.v1.Content/Read", "default",
	  "\012Gsha256:421bc5ecefa0d7f4bf8c516185a5b65855ccf5b0344c96a522f0bf18b25593a7", 73, 0,
	  "\000\000\000\000\274\022\271\001{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"/app/server\"]},\"roo"
	  "tfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:e54c1c0e7ce3fdea3fc7d71b1d0f667ae25c7b253151a950cb47b5ea922a541e\"]}}\012",
	  193 },
	{ "content.v1.Content/Info", "default",
	  "\012Gsha256:421bc5ecefa0d7f4bf8c516185a5b65855ccf5b0344c96a522f0bf18b25593a7", 73, 0,
	  "\000\000\000\000\337\012\334\001\012Gsha256:421bc5ecefa0d7f4bf8c516185a5b65855ccf5b0344c96a522f0bf18b25593a7\020\271\001\032"
	  "\014\010\302\226\224\330\006\020\256\215\336\237\001\"\014\010\302\226\224\330\006\020\263\332\370\253\001*r\012'containe"
	  "rd.io/gc.ref.snapshot.overlayfs\022Gsha256:e54c1c0e7ce3fdea3fc7d71b1d0f667ae25c7b253151a950cb47b5ea922a541e",
	  228 },
	{ "snapshots.v1.Snapshots/List", "default",
	  "\012\011overlayfs\022Qparent==\"sha256:e54c1c0e7ce3fdea3fc7d71b1d0f667ae25c7b253151a950cb47b5ea922a541e\"",
	  94, 0, "", 0 },
	{ "leases.v1.Leases/Create", "default", NULL, SIZE_MAX, 0,
	  "\000\000\000\000_\012]\012\034debug-31365-18eadf8aef72867b\022\014\010\305\232\224\330\006\020\337\354\347\203\001\032/\012"
	  "\027containerd.io/gc.expire\022\0242026-11-24T05:06:29Z",
	  100 },
	{ "snapshots.v1.Snapshots/View", "default", NULL, SIZE_MAX, 0,
	  "\000\000\000\000^\012\\\012\004bind\022I/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/4/fs\"\002ro"
	  "\"\005rbind",
	  99 },
	{ "snapshots.v1.Snapshots/Remove", "default", NULL, SIZE_MAX, 0, "\000\000\000\000\000", 5 },
	{ "leases.v1.Leases/Delete", "default", NULL, SIZE_MAX, 0, "\000\000\000\000\000", 5 },
};

/* Image docker.io/library/three:latest, for two architectures, which containers use. */
static const struct grpc_row recorded_child[] = {
	{ "namespaces.v1.Namespaces/List", "", "", 0, 0,
	  "\000\000\000\000\025\012\011\012\007default\012\010\012\006k8s.io", 26 },
	{ "images.v1.Images/Get", "default", "\012\005three", 7, 5, "", 0 },
	{ "images.v1.Images/Get", "k8s.io", "\012\005three", 7, 5, "", 0 },
	{ "namespaces.v1.Namespaces/List", "", "", 0, 0,
	  "\000\000\000\000\025\012\011\012\007default\012\010\012\006k8s.io", 26 },
	{ "images.v1.Images/Get", "default", "\012\036docker.io/library/three:latest", 32, 0,
	  "\000\000\000\000\361\012\356\001\012\036docker.io/library/three:latest\032\261\001\012'application/vnd.oci.image.index.v1"
	  "+json\022Gsha256:6af248464280346993fe242025a946915f1d22a2efedb706e653cb9f08a2946d\030\354\003*:\012\030io.containerd.imag"
	  "e.name\022\036docker.io/library/three:latest:\013\010\302\226\224\330\006\020\261\265\323dB\013\010\302\226\224\330\006\020"
	  "\261\265\323d",
	  246 },
	{ "images.v1.Images/Get", "k8s.io", "\012\036docker.io/library/three:latest", 32, 5, "", 0 },
	{ "content.v1.Content/Read", "default",
	  "\012Gsha256:6af248464280346993fe242025a946915f1d22a2efedb706e653cb9f08a2946d", 73, 0,
	  "\000\000\000\001\357\022\354\003{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifest"
	  "s\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:0dcebbd5bae9cd1d1d614ebce76bb8143d"
	  "e86e78d63e920a3dfb7a141943c65d\",\"size\":703,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}},{\"mediaType\":"
	  "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:555798ae6f4d4b3d61f04607ed7b4474797ed86d3e1db10519259d"
	  "a0e7f96354\",\"size\":703,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}\012",
	  500 },
	{ "content.v1.Content/Read", "default",
	  "\012Gsha256:555798ae6f4d4b3d61f04607ed7b4474797ed86d3e1db10519259da0e7f96354", 73, 0,
	  "\000\000\000\002\302\022\277\005{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"confi"
	  "g\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:512d25429416c3abc038ea34c742dc173f280"
	  "17d52964ce0b1c924dfa4058ee9\",\"size\":440},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"diges"
	  "t\":\"sha256:e04f596cf7641c2f34bc387cab65649ebb2e0a3783f135a6b7bf217f338f5b6f\",\"size\":10240},{\"mediaType\":\"applicat"
	  "ion/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:d2af2a0df3729da74b4ac60d7066656e47a7c53fe39d9ad5dc9baba26c8606aa\",\""
	  "size\":10240},{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:e54c1c0e7ce3fdea3fc7d71b1d0f6"
	  "67ae25c7b253151a950cb47b5ea922a541e\",\"size\":1986560}]}\012",
	  711 },
	{ "content.v1.Content/Read", "default",
	  "\012Gsha256:512d25429416c3abc038ea34c742dc173f28017d52964ce0b1c924dfa4058ee9", 73, 0,
	  "\000\000\000\001\273\022\270\003{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Entrypoint\":[\"/app/server\","
	  "\"sleep\"],\"Cmd\":[\"1000\"],\"Env\":[\"A=b\",\"C=d\"],\"WorkingDir\":\"/app\",\"User\":\"65532\",\"StopSignal\":\"SIGIN"
	  "T\"},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:e04f596cf7641c2f34bc387cab65649ebb2e0a3783f135a6b7bf217f338f5"
	  "b6f\",\"sha256:d2af2a0df3729da74b4ac60d7066656e47a7c53fe39d9ad5dc9baba26c8606aa\",\"sha256:e54c1c0e7ce3fdea3fc7d71b1d0f66"
	  "7ae25c7b253151a950cb47b5ea922a541e\"]}}\012",
	  448 },
	{ "content.v1.Content/Info", "default",
	  "\012Gsha256:512d25429416c3abc038ea34c742dc173f28017d52964ce0b1c924dfa4058ee9", 73, 0,
	  "\000\000\000\000\335\012\332\001\012Gsha256:512d25429416c3abc038ea34c742dc173f28017d52964ce0b1c924dfa4058ee9\020\270\003\032"
	  "\013\010\302\226\224\330\006\020\234\365\266_\"\013\010\302\226\224\330\006\020\303\252\201x*r\012'containerd.io/gc.ref.s"
	  "napshot.overlayfs\022Gsha256:9f31c77cf085327ae061268bce28d76fbc57903e9b1ad0e0bec582304dd8e2c6",
	  226 },
	{ "snapshots.v1.Snapshots/List", "default",
	  "\012\011overlayfs\022Qparent==\"sha256:9f31c77cf085327ae061268bce28d76fbc57903e9b1ad0e0bec582304dd8e2c6\"",
	  94, 0,
	  "\000\000\000\001X\012\251\001\012@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\022Gsha256:9f31c77cf08"
	  "5327ae061268bce28d76fbc57903e9b1ad0e0bec582304dd8e2c6\030\002\"\014\010\325\226\224\330\006\020\320\346\335\370\002*\014\010"
	  "\325\226\224\330\006\020\320\346\335\370\002\012\251\001\012@1123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"
	  "cdef\022Gsha256:9f31c77cf085327ae061268bce28d76fbc57903e9b1ad0e0bec582304dd8e2c6\030\002\"\014\010\325\226\224\330\006\020"
	  "\222\241\315\207\003*\014\010\325\226\224\330\006\020\222\241\315\207\003",
	  349 },
	{ "snapshots.v1.Snapshots/Mounts", "default",
	  "\012\011overlayfs\022@0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 77, 0,
	  "\000\000\000\001\262\012\257\003\012\007overlay\022\007overlay\"\011index=off\"Sworkdir=/var/lib/containerd/io.containerd"
	  ".snapshotter.v1.overlayfs/snapshots/7/work\"Rupperdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshot"
	  "s/7/fs\"\346\001lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs:/var/lib/containerd/io"
	  ".containerd.snapshotter.v1.overlayfs/snapshots/2/fs:/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/"
	  "1/fs",
	  439 },
};

#endif
