/* srl_handlers.h - which application functions want which events. */
#ifndef SRL_HANDLERS_H
#define SRL_HANDLERS_H

typedef long (*srl_handler)(unsigned long parm);
#define SRL_MAX_HANDLERS 4096
#define SRL_MAX_MATCHES 64 /* handlers of one event */

int srl_handler_add(long device, unsigned long type, srl_handler function);    /* ESR_… */
int srl_handler_remove(long device, unsigned long type, srl_handler function); /* ESR_NOHDLR: there is none */
int srl_handlers_of(long device, unsigned long type, srl_handler out[SRL_MAX_MATCHES]); /* how many */
void srl_handlers_drop(long device);
#endif
