// A stand-in for CUDA's driver: what PyCUDA calls, on a machine without a card.
//
// It keeps the driver's books: contexts of each thread, memory of the device, modules, streams and
// events, and answers what breaks a rule with the error code that the driver has for it.  Kernels
// themselves are run by launcher.py, which this library imports when the first program is loaded;
// everything is done when a call returns, except that a kernel's own failure is told by the next
// call that waits, as on a card, after which the context is lost.
//
//     STANDIN_CAPABILITY   9.0, or another
//     STANDIN_LOG          a file that gets a line of JSON for each launch
//
// It is compiled against the cuda.h that PyCUDA was compiled against, so that each function has the
// version and the arguments that PyCUDA calls.  What PyCUDA needs and this lacks is added when it is
// built (tools/pycuda.py): functions that answer CUDA_ERROR_NOT_SUPPORTED, and say so.

#define _GNU_SOURCE
#include <cuda.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRY(call) do { CUresult tried = (call); if (tried) return tried; } while (0)
#define NEED(condition, error) do { if (!(condition)) return error; } while (0)

// ---- the device -------------------------------------------------------------------------------

enum { THREADS = 1024, GRID_Y = 65535, SHARED = 48 << 10, REGISTERS = 1 << 16, DEEP = 64 };
static const size_t MEMORY = (size_t)4 << 30;
static int started;

static int capability(void)
{
    const char *asked = getenv("STANDIN_CAPABILITY");
    int major = 9, minor = 0;
    if (asked) sscanf(asked, "%d.%d", &major, &minor);
    return 10 * major + minor;
}

static int shared_most(void) { return capability() >= 90 ? 227 << 10 : capability() >= 80 ? 163 << 10 : 96 << 10; }

CUresult cuInit(unsigned flags) { NEED(!flags, CUDA_ERROR_INVALID_VALUE); started = 1; return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *version) { *version = CUDA_VERSION; return CUDA_SUCCESS; }

CUresult cuDeviceGetCount(int *count) { NEED(started, CUDA_ERROR_NOT_INITIALIZED); *count = 1; return CUDA_SUCCESS; }

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
    NEED(started, CUDA_ERROR_NOT_INITIALIZED);
    NEED(ordinal == 0, CUDA_ERROR_INVALID_DEVICE);
    *device = 0;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int room, CUdevice device)
{
    snprintf(name, room, "stand-in for a card");
    return device ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceGetPCIBusId(char *name, int room, CUdevice device)
{
    snprintf(name, room, "0000:00:00.0");
    return device ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceGetByPCIBusId(CUdevice *device, const char *name)
{
    *device = 0;
    return strcmp(name, "0000:00:00.0") ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceComputeCapability(int *major, int *minor, CUdevice device)
{
    *major = capability() / 10;
    *minor = capability() % 10;
    return device ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(size_t *bytes, CUdevice device)
{
    *bytes = MEMORY;
    return device ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuDeviceCanAccessPeer(int *can, CUdevice one, CUdevice other) { *can = 0; return CUDA_SUCCESS; }

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
    NEED(device == 0, CUDA_ERROR_INVALID_DEVICE);
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y: *value = THREADS; break;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z: *value = DEEP; break;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X: *value = INT32_MAX; break;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z: *value = GRID_Y; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *value = SHARED; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *value = shared_most(); break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR: *value = shared_most() + 1024; break;
    case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY: *value = 1 << 16; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
    case CU_DEVICE_ATTRIBUTE_MAX_PITCH: *value = INT32_MAX; break;
    case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
    case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR: *value = REGISTERS; break;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *value = 1980000; break;
    case CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT: *value = 512; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = 132; break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR: *value = 2048; break;
    case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
    case CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY:
    case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS: *value = 1; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = capability() / 10; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = capability() % 10; break;
    default: *value = 0;
    }
    return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char **text)
{
    switch (error) {
    case CUDA_SUCCESS: *text = "no error"; break;
    case CUDA_ERROR_INVALID_VALUE: *text = "invalid argument"; break;
    case CUDA_ERROR_OUT_OF_MEMORY: *text = "out of memory"; break;
    case CUDA_ERROR_NOT_INITIALIZED: *text = "initialization error"; break;
    case CUDA_ERROR_INVALID_DEVICE: *text = "invalid device ordinal"; break;
    case CUDA_ERROR_INVALID_IMAGE: *text = "device kernel image is invalid"; break;
    case CUDA_ERROR_INVALID_CONTEXT: *text = "invalid device context"; break;
    case CUDA_ERROR_FILE_NOT_FOUND: *text = "file not found"; break;
    case CUDA_ERROR_INVALID_HANDLE: *text = "invalid resource handle"; break;
    case CUDA_ERROR_NOT_FOUND: *text = "named symbol not found"; break;
    case CUDA_ERROR_ILLEGAL_ADDRESS: *text = "an illegal memory access was encountered"; break;
    case CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: *text = "too many resources requested for launch"; break;
    case CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED: *text = "part or all of the requested memory range is already mapped"; break;
    case CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED: *text = "pointer does not correspond to a registered memory region"; break;
    case CUDA_ERROR_ASSERT: *text = "device-side assert triggered"; break;
    case CUDA_ERROR_LAUNCH_FAILED: *text = "unspecified launch failure"; break;
    case CUDA_ERROR_NOT_SUPPORTED: *text = "operation not supported"; break;
    default: *text = "unknown error";
    }
    return CUDA_SUCCESS;
}

CUresult standin_lacks(const char *name)
{
    fprintf(stderr, "the stand-in for CUDA's driver has no %s\n", name);
    return CUDA_ERROR_NOT_SUPPORTED;
}

// ---- contexts: each thread has a stack of them ------------------------------------------------

struct CUctx_st { CUresult lost; };          // what a kernel has failed with, and all calls answer since

static __thread CUcontext stack[64];
static __thread int depth;
static struct CUctx_st primary;

static CUresult ready(void)
{
    NEED(started, CUDA_ERROR_NOT_INITIALIZED);
    NEED(depth && stack[depth - 1], CUDA_ERROR_INVALID_CONTEXT);
    return stack[depth - 1]->lost;
}

static CUresult push(CUcontext context)
{
    NEED(depth < 64, CUDA_ERROR_OUT_OF_MEMORY);
    stack[depth++] = context;
    return CUDA_SUCCESS;
}

#if CUDA_VERSION >= 13000
CUresult cuCtxCreate(CUcontext *context, CUctxCreateParams *more, unsigned flags, CUdevice device)
#else
CUresult cuCtxCreate(CUcontext *context, unsigned flags, CUdevice device)
#endif
{
    NEED(started, CUDA_ERROR_NOT_INITIALIZED);
    NEED(device == 0, CUDA_ERROR_INVALID_DEVICE);
    *context = calloc(1, sizeof **context);
    return push(*context);
}

CUresult cuCtxPushCurrent(CUcontext context) { NEED(context, CUDA_ERROR_INVALID_CONTEXT); return push(context); }

CUresult cuCtxPopCurrent(CUcontext *context)
{
    NEED(depth, CUDA_ERROR_INVALID_CONTEXT);
    depth--;
    if (context) *context = stack[depth];
    return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context)
{
    if (depth) depth--;
    return context ? push(context) : CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext *context) { *context = depth ? stack[depth - 1] : NULL; return CUDA_SUCCESS; }
CUresult cuCtxGetDevice(CUdevice *device) { NEED(depth, CUDA_ERROR_INVALID_CONTEXT); *device = 0; return CUDA_SUCCESS; }
CUresult cuCtxSynchronize(void) { return ready(); }
CUresult cuCtxAttach(CUcontext *context, unsigned flags) { TRY(ready()); *context = stack[depth - 1]; return CUDA_SUCCESS; }
CUresult cuCtxDetach(CUcontext context)        // implies a pop where it is current
{
    if (depth && stack[depth - 1] == context) depth--;
    return CUDA_SUCCESS;
}
CUresult cuCtxGetApiVersion(CUcontext context, unsigned *version) { *version = CUDA_VERSION; return CUDA_SUCCESS; }
CUresult cuCtxGetLimit(size_t *value, CUlimit limit) { TRY(ready()); *value = 1024; return CUDA_SUCCESS; }
CUresult cuCtxSetLimit(CUlimit limit, size_t value) { return ready(); }
CUresult cuCtxGetCacheConfig(CUfunc_cache *config) { TRY(ready()); *config = CU_FUNC_CACHE_PREFER_NONE; return CUDA_SUCCESS; }
CUresult cuCtxSetCacheConfig(CUfunc_cache config) { return ready(); }
CUresult cuCtxGetSharedMemConfig(CUsharedconfig *config) { TRY(ready()); *config = CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE; return CUDA_SUCCESS; }
CUresult cuCtxSetSharedMemConfig(CUsharedconfig config) { return ready(); }
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
    NEED(started, CUDA_ERROR_NOT_INITIALIZED);
    NEED(device == 0, CUDA_ERROR_INVALID_DEVICE);
    *context = &primary;
    return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice device)
{
    if (depth && stack[depth - 1] == &primary) depth--;
    return CUDA_SUCCESS;
}

// ---- memory -----------------------------------------------------------------------------------

enum kind { DEVICE, MANAGED, HOST, REGISTERED, ADOPTED };
struct piece { struct piece *next; char *begin; size_t bytes; enum kind kind; };

static struct piece *pieces;
static size_t in_use;

static struct piece **find(CUdeviceptr address)      // the piece in which an address lies
{
    for (struct piece **each = &pieces; *each; each = &(*each)->next)
        if ((char *)address >= (*each)->begin && (char *)address < (*each)->begin + (*each)->bytes) return each;
    return NULL;
}

static CUresult inside(CUdeviceptr address, size_t bytes)
{
    if (!bytes) return CUDA_SUCCESS;
    struct piece **found = find(address);
    NEED(found && (char *)address + bytes <= (*found)->begin + (*found)->bytes, CUDA_ERROR_INVALID_VALUE);
    return CUDA_SUCCESS;
}

static void keep(void *begin, size_t bytes, enum kind kind)
{
    struct piece *made = malloc(sizeof *made);
    *made = (struct piece){pieces, begin, bytes, kind};
    pieces = made;
}

static CUresult take(void **made, size_t bytes, enum kind kind)
{
    TRY(ready());
    NEED(bytes, CUDA_ERROR_INVALID_VALUE);
    size_t whole = (bytes + 511) / 512 * 512;
    NEED(kind == HOST || in_use + whole <= MEMORY, CUDA_ERROR_OUT_OF_MEMORY);
    *made = aligned_alloc(512, whole);
    NEED(*made, CUDA_ERROR_OUT_OF_MEMORY);
    memset(*made, 0xff, whole);                  // nan, so that nobody relies on zeros
    keep(*made, bytes, kind);
    if (kind != HOST) in_use += whole;
    return CUDA_SUCCESS;
}

static CUresult drop(void *address, int of_host)
{
    NEED(started, CUDA_ERROR_NOT_INITIALIZED);
    struct piece **found = find((CUdeviceptr)address);
    NEED(found && (*found)->begin == address && ((*found)->kind == HOST) == of_host
         && (*found)->kind <= HOST, CUDA_ERROR_INVALID_VALUE);
    struct piece *gone = *found;
    *found = gone->next;
    if (!of_host) in_use -= (gone->bytes + 511) / 512 * 512;
    free(gone->begin);
    free(gone);
    return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr *made, size_t bytes) { return take((void **)made, bytes, DEVICE); }
CUresult cuMemAllocManaged(CUdeviceptr *made, size_t bytes, unsigned flags) { return take((void **)made, bytes, MANAGED); }
CUresult cuMemHostAlloc(void **made, size_t bytes, unsigned flags) { return take(made, bytes, HOST); }
CUresult cuMemAllocHost(void **made, size_t bytes) { return take(made, bytes, HOST); }
CUresult cuMemFree(CUdeviceptr address) { return drop((void *)address, 0); }
CUresult cuMemFreeHost(void *address) { return drop(address, 1); }

CUresult cuMemAllocPitch(CUdeviceptr *made, size_t *pitch, size_t width, size_t height, unsigned element)
{
    NEED(element == 4 || element == 8 || element == 16, CUDA_ERROR_INVALID_VALUE);
    *pitch = (width + 511) / 512 * 512;
    return take((void **)made, *pitch * height, DEVICE);
}

CUresult cuMemGetInfo(size_t *left, size_t *total)
{
    TRY(ready());
    *total = MEMORY;
    *left = MEMORY - in_use;
    return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange(CUdeviceptr *begin, size_t *bytes, CUdeviceptr address)
{
    struct piece **found = find(address);
    NEED(found, CUDA_ERROR_NOT_FOUND);
    *begin = (CUdeviceptr)(*found)->begin;
    *bytes = (*found)->bytes;
    return CUDA_SUCCESS;
}

CUresult cuMemHostRegister(void *address, size_t bytes, unsigned flags)
{
    TRY(ready());
    NEED(!find((CUdeviceptr)address), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    keep(address, bytes, REGISTERED);
    return CUDA_SUCCESS;
}

CUresult cuMemHostUnregister(void *address)
{
    struct piece **found = find((CUdeviceptr)address);
    NEED(found && (*found)->kind == REGISTERED, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    struct piece *gone = *found;
    *found = gone->next;
    free(gone);
    return CUDA_SUCCESS;
}

CUresult cuMemHostGetDevicePointer(CUdeviceptr *made, void *address, unsigned flags)
{
    NEED(find((CUdeviceptr)address), CUDA_ERROR_INVALID_VALUE);
    *made = (CUdeviceptr)address;
    return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned *flags, void *address)
{
    NEED(find((CUdeviceptr)address), CUDA_ERROR_INVALID_VALUE);
    *flags = 0;
    return CUDA_SUCCESS;
}

CUresult cuPointerGetAttribute(void *value, CUpointer_attribute attribute, CUdeviceptr address)
{
    struct piece **found = find(address);
    NEED(found, CUDA_ERROR_INVALID_VALUE);
    switch (attribute) {
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        *(unsigned *)value = (*found)->kind == HOST || (*found)->kind == REGISTERED ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
        return CUDA_SUCCESS;
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    case CU_POINTER_ATTRIBUTE_HOST_POINTER: *(CUdeviceptr *)value = address; return CUDA_SUCCESS;
    default: return CUDA_ERROR_NOT_SUPPORTED;
    }
}

CUresult cuMemcpyHtoD(CUdeviceptr to, const void *from, size_t bytes)
{
    TRY(ready());
    TRY(inside(to, bytes));
    memcpy((void *)to, from, bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyDtoH(void *to, CUdeviceptr from, size_t bytes)
{
    TRY(ready());
    TRY(inside(from, bytes));
    memcpy(to, (void *)from, bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyDtoD(CUdeviceptr to, CUdeviceptr from, size_t bytes)
{
    TRY(ready());
    TRY(inside(to, bytes));
    TRY(inside(from, bytes));
    memmove((void *)to, (void *)from, bytes);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) { return cuMemcpyHtoD(to, from, bytes); }
CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t bytes, CUstream stream) { return cuMemcpyDtoH(to, from, bytes); }
CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) { return cuMemcpyDtoD(to, from, bytes); }

static CUresult row(CUmemorytype kind, const void *host, CUdeviceptr device, size_t offset, size_t bytes, char **made)
{
    if (kind == CU_MEMORYTYPE_HOST) { *made = (char *)host + offset; return CUDA_SUCCESS; }
    NEED(kind == CU_MEMORYTYPE_DEVICE || kind == CU_MEMORYTYPE_UNIFIED, CUDA_ERROR_NOT_SUPPORTED);
    *made = (char *)device + offset;
    return inside((CUdeviceptr)*made, bytes);
}

CUresult cuMemcpy3D(const CUDA_MEMCPY3D *c)
{
    TRY(ready());
    for (size_t z = 0; z < c->Depth; z++)
        for (size_t y = 0; y < c->Height; y++) {
            char *from, *to;
            size_t n = c->WidthInBytes;
            TRY(row(c->srcMemoryType, c->srcHost, c->srcDevice, c->srcXInBytes + c->srcPitch
                    * (c->srcY + y + c->srcHeight * (c->srcZ + z)), n, &from));
            TRY(row(c->dstMemoryType, c->dstHost, c->dstDevice, c->dstXInBytes + c->dstPitch
                    * (c->dstY + y + c->dstHeight * (c->dstZ + z)), n, &to));
            memmove(to, from, n);
        }
    return CUDA_SUCCESS;
}

CUresult cuMemcpy2D(const CUDA_MEMCPY2D *c)
{
    CUDA_MEMCPY3D whole = {
        .srcXInBytes = c->srcXInBytes, .srcY = c->srcY, .srcMemoryType = c->srcMemoryType, .srcHost = c->srcHost,
        .srcDevice = c->srcDevice, .srcPitch = c->srcPitch, .dstXInBytes = c->dstXInBytes, .dstY = c->dstY,
        .dstMemoryType = c->dstMemoryType, .dstHost = c->dstHost, .dstDevice = c->dstDevice,
        .dstPitch = c->dstPitch, .WidthInBytes = c->WidthInBytes, .Height = c->Height, .Depth = 1};
    NEED((c->srcPitch == 0 || c->srcPitch >= c->WidthInBytes) && (c->dstPitch == 0 || c->dstPitch >= c->WidthInBytes),
         CUDA_ERROR_INVALID_VALUE);
    return cuMemcpy3D(&whole);
}

CUresult cuMemcpy2DUnaligned(const CUDA_MEMCPY2D *c) { return cuMemcpy2D(c); }
CUresult cuMemcpy2DAsync(const CUDA_MEMCPY2D *c, CUstream stream) { return cuMemcpy2D(c); }
CUresult cuMemcpy3DAsync(const CUDA_MEMCPY3D *c, CUstream stream) { return cuMemcpy3D(c); }

static CUresult set(CUdeviceptr to, size_t pitch, const void *value, size_t each, size_t width, size_t height)
{
    TRY(ready());
    NEED(to % each == 0 && pitch % each == 0, CUDA_ERROR_INVALID_VALUE);
    for (size_t y = 0; y < height; y++) {
        TRY(inside(to + y * pitch, width * each));
        for (size_t x = 0; x < width; x++) memcpy((char *)to + y * pitch + x * each, value, each);
    }
    return CUDA_SUCCESS;
}

CUresult cuMemsetD8(CUdeviceptr to, unsigned char value, size_t n) { return set(to, 0, &value, 1, n, 1); }
CUresult cuMemsetD16(CUdeviceptr to, unsigned short value, size_t n) { return set(to, 0, &value, 2, n, 1); }
CUresult cuMemsetD32(CUdeviceptr to, unsigned value, size_t n) { return set(to, 0, &value, 4, n, 1); }
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t n, CUstream stream) { return set(to, 0, &value, 1, n, 1); }
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t n, CUstream stream) { return set(to, 0, &value, 2, n, 1); }
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t n, CUstream stream) { return set(to, 0, &value, 4, n, 1); }
CUresult cuMemsetD2D8(CUdeviceptr to, size_t pitch, unsigned char value, size_t x, size_t y) { return set(to, pitch, &value, 1, x, y); }
CUresult cuMemsetD2D16(CUdeviceptr to, size_t pitch, unsigned short value, size_t x, size_t y) { return set(to, pitch, &value, 2, x, y); }
CUresult cuMemsetD2D32(CUdeviceptr to, size_t pitch, unsigned value, size_t x, size_t y) { return set(to, pitch, &value, 4, x, y); }
CUresult cuMemsetD2D8Async(CUdeviceptr to, size_t pitch, unsigned char value, size_t x, size_t y, CUstream stream) { return set(to, pitch, &value, 1, x, y); }
CUresult cuMemsetD2D16Async(CUdeviceptr to, size_t pitch, unsigned short value, size_t x, size_t y, CUstream stream) { return set(to, pitch, &value, 2, x, y); }
CUresult cuMemsetD2D32Async(CUdeviceptr to, size_t pitch, unsigned value, size_t x, size_t y, CUstream stream) { return set(to, pitch, &value, 4, x, y); }

// ---- streams and events: all work is done when it is asked for ---------------------------------

struct CUstream_st { char nothing; };
struct CUevent_st { struct timespec at; int recorded; };

CUresult cuStreamCreate(CUstream *stream, unsigned flags) { TRY(ready()); *stream = calloc(1, sizeof **stream); return CUDA_SUCCESS; }
CUresult cuStreamDestroy(CUstream stream) { free(stream); return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream stream) { return ready(); }
CUresult cuStreamQuery(CUstream stream) { return ready(); }
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) { return ready(); }
CUresult cuStreamAttachMemAsync(CUstream stream, CUdeviceptr address, size_t bytes, unsigned flags) { return ready(); }

CUresult cuEventCreate(CUevent *event, unsigned flags) { TRY(ready()); *event = calloc(1, sizeof **event); return CUDA_SUCCESS; }
CUresult cuEventDestroy(CUevent event) { free(event); return CUDA_SUCCESS; }
CUresult cuEventSynchronize(CUevent event) { return ready(); }
CUresult cuEventQuery(CUevent event) { return ready(); }

CUresult cuEventRecord(CUevent event, CUstream stream)
{
    TRY(ready());
    clock_gettime(CLOCK_MONOTONIC, &event->at);
    event->recorded = 1;
    return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent begin, CUevent end)
{
    NEED(begin->recorded && end->recorded, CUDA_ERROR_INVALID_HANDLE);
    *milliseconds = (end->at.tv_sec - begin->at.tv_sec) * 1e3f + (end->at.tv_nsec - begin->at.tv_nsec) * 1e-6f;
    return CUDA_SUCCESS;
}

CUresult cuProfilerStart(void) { return ready(); }
CUresult cuProfilerStop(void) { return ready(); }

// ---- programs: launcher.py knows what is in them, and runs them ---------------------------------

struct CUmod_st { int number; };
struct CUfunc_st {
    int number, parameters, shared, registers, threads, local, constant;    // launcher.py sets all but the first
    int dynamic_most;
    char name[256];
};

static struct {
    int (*load)(const void *image);                                        // a number, or minus an error
    int (*find_function)(int program, const char *name, int *numbers);
    int (*find_variable)(int program, const char *name, CUdeviceptr *address, size_t *bytes);
    int (*launch)(int function, const unsigned *sizes, unsigned shared, const void *arguments, size_t bytes);
} launcher;

void standin_register(void *load, void *find_function, void *find_variable, void *launch)
{
    launcher.load = load;
    launcher.find_function = find_function;
    launcher.find_variable = find_variable;
    launcher.launch = launch;
}

static CUresult have_launcher(void)
{
    if (launcher.load) return CUDA_SUCCESS;
    int (*ensure)(void) = dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
    void (*release)(int) = dlsym(RTLD_DEFAULT, "PyGILState_Release");
    int (*run)(const char *) = dlsym(RTLD_DEFAULT, "PyRun_SimpleString");
    NEED(ensure && release && run, CUDA_ERROR_NOT_SUPPORTED);
    int state = ensure();
    int failed = run("import standin.launcher; standin.launcher.register()");
    release(state);
    return failed || !launcher.load ? CUDA_ERROR_NOT_SUPPORTED : CUDA_SUCCESS;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned n, CUjit_option *options, void **values)
{
    for (unsigned each = 0; each < n; each++)        // the compiler of PTX, which is not here, says nothing
        if (options[each] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES || options[each] == CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES)
            values[each] = NULL;
    TRY(ready());
    TRY(have_launcher());
    int number = launcher.load(image);
    if (number < 0) return -number;
    *module = malloc(sizeof **module);
    (*module)->number = number;
    return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) { return cuModuleLoadDataEx(module, image, 0, NULL, NULL); }

CUresult cuModuleLoad(CUmodule *module, const char *path)
{
    TRY(ready());
    FILE *file = fopen(path, "rb");
    NEED(file, CUDA_ERROR_FILE_NOT_FOUND);
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    rewind(file);
    char *image = calloc(1, bytes + 1);
    size_t read = fread(image, 1, bytes, file);
    fclose(file);
    CUresult result = read == (size_t)bytes ? cuModuleLoadData(module, image) : CUDA_ERROR_INVALID_IMAGE;
    free(image);
    return result;
}

CUresult cuModuleUnload(CUmodule module) { free(module); return CUDA_SUCCESS; }

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
    TRY(ready());
    struct CUfunc_st *made = calloc(1, sizeof *made);
    int number = launcher.find_function(module->number, name, &made->parameters);
    if (number < 0) { free(made); return -number; }
    made->number = number;
    made->dynamic_most = SHARED - made->shared;
    snprintf(made->name, sizeof made->name, "%s", name);
    *function = made;
    return CUDA_SUCCESS;
}

CUresult cuModuleGetGlobal(CUdeviceptr *address, size_t *bytes, CUmodule module, const char *name)
{
    TRY(ready());
    int number = launcher.find_variable(module->number, name, address, bytes);
    if (number < 0) return -number;
    if (!find(*address)) keep((void *)*address, *bytes, ADOPTED);
    return CUDA_SUCCESS;
}

static int most_threads(CUfunction f)        // a warp's registers are taken 256 at a time
{
    int warps = f->registers ? REGISTERS / ((f->registers + 7) / 8 * 8 * 32) : 32;
    int most = f->threads && f->threads < THREADS ? f->threads : THREADS;
    return warps * 32 < most ? warps * 32 : most;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction f)
{
    switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = most_threads(f); break;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = f->shared; break;
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: *value = f->constant; break;
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *value = f->local; break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = f->registers; break;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *value = capability(); break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = f->dynamic_most; break;
    default: *value = 0;
    }
    return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute attribute, int value)
{
    TRY(ready());
    if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) {
        NEED(value >= 0 && value + f->shared <= shared_most(), CUDA_ERROR_INVALID_VALUE);
        f->dynamic_most = value;
    }
    return CUDA_SUCCESS;
}

CUresult cuFuncSetCacheConfig(CUfunction f, CUfunc_cache config) { return ready(); }
CUresult cuFuncSetSharedMemConfig(CUfunction f, CUsharedconfig config) { return ready(); }
CUresult cuFuncSetSharedSize(CUfunction f, unsigned bytes) { return ready(); }

CUresult cuFuncSetBlockShape(CUfunction f, int x, int y, int z)      // PyCUDA's launches begin with it
{
    TRY(ready());
    NEED(x > 0 && y > 0 && z > 0 && x <= THREADS && y <= THREADS && z <= DEEP, CUDA_ERROR_INVALID_VALUE);
    NEED((size_t)x * y * z <= THREADS, CUDA_ERROR_INVALID_VALUE);
    return CUDA_SUCCESS;
}

static void log_launch(CUfunction f, const unsigned *s, unsigned shared, size_t bytes, CUresult answer)
{
    const char *path = getenv("STANDIN_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "{\"kernel\": \"%s\", \"grid\": [%u, %u, %u], \"block\": [%u, %u, %u], \"shared\": %u, "
            "\"bytes of arguments\": %zu, \"answer\": %d}\n",
            f->name, s[0], s[1], s[2], s[3], s[4], s[5], shared, bytes, answer);
    fclose(file);
}

static CUresult allowed(CUfunction f, const unsigned *s, unsigned shared, size_t bytes)
{
    for (int n = 0; n < 6; n++) NEED(s[n], CUDA_ERROR_INVALID_VALUE);
    NEED(s[0] <= INT32_MAX && s[1] <= GRID_Y && s[2] <= GRID_Y, CUDA_ERROR_INVALID_VALUE);
    NEED(s[3] <= THREADS && s[4] <= THREADS && s[5] <= DEEP, CUDA_ERROR_INVALID_VALUE);
    size_t threads = (size_t)s[3] * s[4] * s[5];
    NEED(threads <= THREADS && (!f->threads || threads <= (size_t)f->threads), CUDA_ERROR_INVALID_VALUE);
    NEED(threads <= (size_t)most_threads(f), CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    NEED(shared <= (unsigned)f->dynamic_most, CUDA_ERROR_INVALID_VALUE);
    NEED(bytes >= (size_t)f->parameters, CUDA_ERROR_INVALID_VALUE);
    NEED(bytes == (size_t)f->parameters, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);    // "too many arguments"
    return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                        unsigned shared, CUstream stream, void **parameters, void **extra)
{
    const void *arguments = NULL;
    size_t bytes = 0;
    for (void **each = extra; each && *each != CU_LAUNCH_PARAM_END; each += 2) {
        if (*each == CU_LAUNCH_PARAM_BUFFER_POINTER) arguments = each[1];
        if (*each == CU_LAUNCH_PARAM_BUFFER_SIZE) bytes = *(size_t *)each[1];
    }
    TRY(ready());
    NEED(!parameters, CUDA_ERROR_NOT_SUPPORTED);
    unsigned sizes[6] = {gx, gy, gz, bx, by, bz};
    CUresult answer = allowed(f, sizes, shared, bytes);
    if (!answer) {
        int failed = launcher.launch(f->number, sizes, shared, arguments, bytes);
        if (failed < 0 || failed == CUDA_ERROR_NOT_SUPPORTED) answer = CUDA_ERROR_NOT_SUPPORTED;
        else if (failed) stack[depth - 1]->lost = failed;
    }
    log_launch(f, sizes, shared, bytes, answer);
    return answer;
}
