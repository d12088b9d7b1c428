/* srl_devices.h - open devices of every library: name and last error. */
#ifndef SRL_DEVICES_H
#define SRL_DEVICES_H
#include "bcsrl.h"

#define SRL_NAME_BYTES 32
#define SRL_BUCKETS 4096 /* more handles than can be open at a time */

int srl_device_known(long device);
long srl_device_error(long device); /* EDV_BADDESC: not open */
const char *srl_device_message(long device);
char *srl_device_name(long device);
long srl_device_subdevices(long device);
#endif
